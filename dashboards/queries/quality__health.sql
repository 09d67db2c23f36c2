-- The health of the data in one month, all feeds together and each.
select
    metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end, value, reason, num, den, decimals
from marts.v_metric_display
where metric_id = 'M50' and period_kind = 'month' and period_start = $month and grid_code = $root
order by slice_kind, slice_code
