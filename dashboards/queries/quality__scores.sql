-- Scores by feed, month and dimension as the newest run saw them, with what the run before it saw.
with seen as (
    select *,
        lag(num) over (partition by feed, month, dimension order by seen_at) as num_before,
        lag(den) over (partition by feed, month, dimension order by seen_at) as den_before,
        lag(seen_at) over (partition by feed, month, dimension order by seen_at) as seen_before
    from marts.fct_score
)
select feed, month, dimension, num, den, num_before, den_before, seen_at, seen_before, gx_evaluated_n, gx_failed_n, gx_error_n
from seen
where is_latest and month >= $first and month <= $month_end
order by feed, dimension, month
