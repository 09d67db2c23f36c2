-- The health of the data, all feeds together and each, at the build's day.
select slice_kind, slice_code, value, num, den, decimals, period_end
from marts.v_metric_display
where metric_id = 'M50' and period_kind = 'cumulative' and period_end = $today and grid_code = $root
order by slice_kind, slice_code
