-- Alerts of the newest complete week in one area, most cases above the median first.
with inside as (
    select distinct grid_code
    from marts.dim_grid
    where grid_code = $area or $area = $root or $area in (path_0, path_1, path_2, path_3, path_4, path_5)
)

select alerts.alert_id, alerts.metric_id, alerts.event_kind, alerts.grid_code, alerts.period_start, alerts.value, alerts.baseline,
    alerts.robust_z, alerts.reason_zh, alerts.reason_en, areas.name_zh, areas.name_en
from marts.fct_alert as alerts
inner join inside on alerts.grid_code = inside.grid_code
left join (select * from marts.dim_grid where is_current) as areas on alerts.grid_code = areas.grid_code
where alerts.period_start = $week and ($kind = '' or alerts.event_kind = $kind)
order by alerts.value - alerts.baseline desc, alerts.alert_id
