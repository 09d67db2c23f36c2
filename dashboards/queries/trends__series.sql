-- Some figures of one area in every span of one unit; spans that begin before cases of its kinds were sent are left out.
select
    shown.metric_id, shown.period_start, shown.period_end, shown.num, shown.den, shown.value, shown.is_suppressed, shown.reason,
    shown.ci_low, shown.ci_high, begins.first_day
from marts.v_metric_display as shown
inner join {begins} as begins on shown.metric_id = begins.metric_id
where
    shown.metric_id in (select unnest($metrics::varchar[]))
    and shown.grid_code = $area and shown.slice_kind = 'all' and shown.basis = 'as_was' and shown.period_kind = $unit
    and shown.period_start between $first and $last and shown.period_start >= begins.first_day
order by shown.metric_id, shown.period_start
