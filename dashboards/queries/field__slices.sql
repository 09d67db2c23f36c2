-- One figure of one area and period in all its slices, and the same slices a year before.
with shown as (
    select slice_kind, slice_code, period_start, period_end, num, den, value, is_suppressed, reason, ci_low, ci_high
    from marts.v_metric_display
    where
        metric_id = $metric and grid_code = $area and slice_kind <> 'all' and basis = 'as_was'
        and period_kind = $period_kind and period_end in ($period_end, $earlier_end)
)

select
    now.slice_kind, now.slice_code, now.num, now.den, now.value, now.is_suppressed, now.reason, now.ci_low, now.ci_high,
    old.num as earlier_num, old.den as earlier_den, old.value as earlier_value
from shown as now
inner join {begins} as begins on begins.metric_id = $metric
left join shown as old
    on
        now.slice_kind = old.slice_kind and now.slice_code = old.slice_code and old.period_end = $earlier_end
        and ($period_kind = 'cumulative' or old.period_start >= begins.first_day)
where now.period_end = $period_end
order by now.slice_kind, now.slice_code = 'UNMAPPED', now.slice_code
