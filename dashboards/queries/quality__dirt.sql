-- How much of each dirt came by month, and out of how much: rows (or files) of the feeds in which any came over the months.
with months as (
    select * from marts.fct_dirt where month >= $first and month <= $month_end
),
whole as (
    select feed, month, dirt_code, max(of_n) as of_n, sum(found_n) as found_n
    from months
    group by feed, month, dirt_code
)
select d.dirt_code, d.name_zh, d.name_en, d.treatment_zh, d.treatment_en, w.month,
    cast(coalesce(sum(w.found_n), 0) as bigint) as found_n, cast(coalesce(sum(w.of_n), 0) as bigint) as of_n
from marts.ref_dirt as d
left join whole as w on d.dirt_code = w.dirt_code
where d.effective_to > $month_end
group by all
order by d.dirt_code, w.month
