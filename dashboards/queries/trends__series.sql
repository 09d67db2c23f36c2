-- Some figures of one area in every span of one unit; spans that begin before the figure's first case was sent are left out.
with begins as (
    select register.metric_id, coalesce(known.first_day, info.earliest) as first_day
    from marts.ref_metric as register
    cross join marts.build_info as info
    left join marts.fct_metric_begin as known on register.metric_id = known.metric_id
    where register.metric_id in (select unnest($metrics::varchar[]))
)

select
    shown.metric_id, shown.period_start, shown.period_end, shown.num, shown.den, shown.value, shown.is_suppressed, shown.reason,
    shown.ci_low, shown.ci_high, begins.first_day
from marts.v_metric_display as shown
inner join begins on shown.metric_id = begins.metric_id
where
    shown.grid_code = $area and shown.slice_kind = 'all' and shown.basis = 'as_was' and shown.period_kind = $unit
    and shown.period_start between $first and $last and shown.period_start >= begins.first_day
order by shown.metric_id, shown.period_start
