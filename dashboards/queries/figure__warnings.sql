-- What a reader must know before using a metric: the warnings of its register entry, and whom a pair of figures concerns.
select told.warning, warnings.name_zh, warnings.name_en, other.name_zh as other_zh, other.name_en as other_en
from marts.ref_metric_warning as told
inner join marts.ref_warning as warnings on told.warning = warnings.warning
left join marts.ref_metric as other on told.other_metric_id = other.metric_id
where told.metric_id = $metric
order by told.warning, told.other_metric_id
