-- The health of the data in one month, all feeds together and each.
select slice_kind, slice_code, value, num, den, decimals, period_end
from marts.v_metric_display
where metric_id = 'M50' and period_kind = 'month' and period_start = $month and grid_code = $root
order by slice_kind, slice_code
