-- Figures that have a direction and are ratios, in every area of one level inside an area, and in that area itself.
with inside as (
    select grid_code, name_zh as area_zh, name_en as area_en
    from marts.dim_grid
    where
        grid_level = $level and is_current
        and ($area = $root or $area in (path_0, path_1, path_2, path_3, path_4, path_5))
        and grid_code <> 'UNASSIGNED'
),

shown as (
    select * from marts.v_metric_display
    where
        slice_kind = 'all' and basis = 'as_was' and period_kind in ('year_to_date', 'cumulative') and period_end = $today
        and value is not null
)

select
    inside.grid_code, inside.area_zh, inside.area_en, register.metric_id, register.name_zh, register.name_en,
    register.unit_zh, register.unit_en, register.decimals, register.direction, register.family, register.scale,
    register.population, register.min_denominator, here.period_kind, here.period_start, here.period_end, here.num, here.den,
    here.value, here.reason, here.ci_low, here.ci_high, whole.num as whole_num, whole.den as whole_den,
    whole.value as whole_value
from shown as here
inner join inside on here.grid_code = inside.grid_code
inner join marts.ref_metric as register
    on here.metric_id = register.metric_id and register.direction <> 'neutral' and register.family = 'ratio'
inner join shown as whole
    on
        whole.metric_id = here.metric_id and whole.grid_code = $area and whole.period_kind = here.period_kind
        and whole.period_end = here.period_end
order by register.metric_id, inside.grid_code
