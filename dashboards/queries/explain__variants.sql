-- A register entry and the entries that read it differently.
select metric_id, name_zh, name_en
from marts.ref_metric
where metric_id = $root or variant_of = $root
order by metric_id
