-- Open and overdue cases of one area by kind, as the register counts them: for the kinds of which it does.
select shown.*, register.family, register.scale, register.population, register.min_denominator
from marts.v_metric_display as shown
inner join marts.ref_metric as register on shown.metric_id = register.metric_id
where
    shown.metric_id = 'M44' and shown.slice_kind = 'event_kind' and shown.basis = 'as_was' and shown.grid_code = $area
    and shown.period_kind = 'day' and shown.period_end = $today and shown.value is not null
order by shown.slice_code
