-- In which kinds of period a figure is given at one level of areas.
select distinct period_kind
from marts.ref_metric_cut
where metric_id = $metric and slice_kind = $slice_kind and grid_level = $level
order by period_kind
