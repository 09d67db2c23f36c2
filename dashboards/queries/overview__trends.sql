-- Every figure of one area month by month (at month ends for a cumulative one).
select metric_id, period_kind, period_start, period_end, num, den, value
from marts.v_metric_display
where
    grid_code = $area and slice_kind = 'all' and basis = 'as_was'
    and period_kind in ('month', 'cumulative') and period_end <= $month_end and period_end >= $first
order by metric_id, period_end
