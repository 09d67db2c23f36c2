-- Whether the reader has any figure of a slice at all. One row.
select count(*) as figures_n
from marts.fct_metric_value
where slice_kind = $kind and slice_code = $code
limit 1
