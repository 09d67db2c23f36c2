-- One figure in every area directly inside one, and the same period a year before, unless its cases were sent for a part of
-- that only; areas in the order of their codes.
with areas as (
    select grid_code, name_zh, name_en, grid_level, geom_wkt
    from marts.dim_grid
    where parent_code = $area and grid_code <> $area and (is_current or grid_code = 'UNASSIGNED')
    qualify row_number() over (partition by grid_code order by valid_from desc) = 1
),

shown as (
    select grid_code, period_start, period_end, num, den, value, is_suppressed, reason, ci_low, ci_high
    from marts.v_metric_display
    where
        metric_id = $metric and slice_kind = $slice_kind and slice_code = $slice_code and basis = 'as_was' and period_kind = $period_kind
        and period_end in ($period_end, $earlier_end)
)

select
    areas.grid_code, areas.name_zh as area_zh, areas.name_en as area_en, areas.grid_level, areas.geom_wkt,
    now.num, now.den, now.value, now.is_suppressed, now.reason, now.ci_low, now.ci_high,
    old.num as earlier_num, old.den as earlier_den, old.value as earlier_value
from areas
left join shown as now on areas.grid_code = now.grid_code and now.period_end = $period_end
inner join {begins} as begins on begins.metric_id = $metric
left join shown as old
    on
        areas.grid_code = old.grid_code and old.period_end = $earlier_end
        and ($period_kind = 'cumulative' or old.period_start >= begins.first_day)
order by areas.grid_code = 'UNASSIGNED', areas.grid_code
