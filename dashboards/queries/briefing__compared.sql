-- One figure of two areas as of today, as the areas outside their limits are found: its value, or why it has none.
select shown.grid_code, shown.metric_id, shown.value, shown.reason, shown.ci_low, register.min_denominator
from marts.v_metric_display as shown
inner join marts.ref_metric as register on shown.metric_id = register.metric_id
where
    shown.metric_id = $metric and shown.grid_code in ($area, $within) and shown.slice_kind = 'all' and shown.basis = 'as_was'
    and shown.period_kind in ('year_to_date', 'cumulative') and shown.period_end = $today
order by shown.grid_code
