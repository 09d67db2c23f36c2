-- Every figure of one area month by month (at month ends for a cumulative one); months of which cases were sent for a part
-- only are left out: they would widen the limits and look like a low month.
select shown.metric_id, shown.period_kind, shown.period_start, shown.period_end, shown.num, shown.den, shown.value
from marts.v_metric_display as shown
inner join {begins} as begins on shown.metric_id = begins.metric_id
where
    shown.grid_code = $area and shown.slice_kind = 'all' and shown.basis = 'as_was'
    and shown.period_kind in ('month', 'cumulative') and shown.period_end <= $month_end and shown.period_end >= $first
    and (shown.period_kind = 'cumulative' or shown.period_start >= begins.first_day)
order by shown.metric_id, shown.period_end
