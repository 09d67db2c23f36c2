-- What a reader must know before using each metric, but for warnings about a pair of figures.
select told.metric_id, warnings.warning, warnings.name_zh, warnings.name_en
from marts.ref_metric_warning as told
inner join marts.ref_warning as warnings on told.warning = warnings.warning
where told.other_metric_id is null
order by told.metric_id, told.warning
