-- Every figure of one area week by week, up to one week; a figure's weeks begin where its cases do.
select
    register.metric_id, register.name_zh, register.name_en, register.unit_zh, register.unit_en, register.decimals,
    register.direction, register.family, register.scale, register.population, register.min_denominator,
    begins.first_day, shown.period_kind, shown.period_start, shown.period_end, shown.num, shown.den, shown.value,
    shown.is_suppressed, shown.reason, shown.ci_low, shown.ci_high
from marts.v_metric_display as shown
inner join marts.ref_metric as register on shown.metric_id = register.metric_id
inner join {begins} as begins on shown.metric_id = begins.metric_id
where
    shown.grid_code = $area and shown.slice_kind = 'all' and shown.basis = 'as_was' and shown.period_kind = 'week'
    and shown.period_start between $first and $week and shown.period_start >= begins.first_day
    and register.family not in ('share', 'change', 'composite')
order by shown.metric_id, shown.period_start
