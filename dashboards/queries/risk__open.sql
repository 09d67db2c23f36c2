-- Open cases of one area by kind, age and whether their deadline has passed, at each feed's own as_of.
select event_kind, age_band, is_overdue, cast(sum(cases_n) as bigint) as cases_n, bool_or(is_suppressed) as is_hidden
from marts.fct_open_case
where grid_code = $area and ($kind = '' or event_kind = $kind)
group by event_kind, age_band, is_overdue
order by event_kind, age_band, is_overdue
