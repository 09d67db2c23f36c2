-- The months of the extract that some file tells of.
select month from marts.fct_score
union
select month from marts.fct_dirt
order by month
