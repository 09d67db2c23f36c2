-- Figures that have a direction and are ratios, in every area inside one down to the communities, where the figure of that
-- one, with its cases without a place or without them (kit.average), lies outside the area's own 95 % interval: among them
-- are all that lie outside their 99.8 % funnel limits.
with inside as (
    select grid_code, grid_level, name_zh as area_zh, name_en as area_en
    from marts.dim_grid
    where
        grid_level > $level and grid_level <= $finest and is_current and grid_code <> 'UNASSIGNED'
        and ($area = $root or $area in (path_0, path_1, path_2, path_3, path_4, path_5))
),

shown as (
    select * from marts.v_metric_display
    where
        slice_kind = 'all' and basis = 'as_was' and period_kind in ('year_to_date', 'cumulative') and period_end = $today
),

unplaced as (
    select shown.metric_id, shown.period_kind, shown.num, shown.den
    from shown
    inner join marts.dim_grid as areas on shown.grid_code = areas.grid_code
    where areas.grid_code = 'UNASSIGNED' and areas.parent_code = $area
),

compared as (
    select
        inside.grid_code, inside.grid_level, inside.area_zh, inside.area_en, register.metric_id, register.name_zh,
        register.name_en, register.unit_zh, register.unit_en, register.decimals, register.direction, register.family,
        register.scale, register.population, register.min_denominator, here.period_kind, here.period_start,
        here.period_end, here.num, here.den, here.value, here.reason, here.ci_low, here.ci_high,
        average.num as whole_num, average.den as whole_den, average.value as whole_value,
        unplaced.num as unplaced_num, unplaced.den as unplaced_den,
        (average.num - coalesce(unplaced.num, 0)) * register.scale as placed_num,
        count(*) over () as compared_n
    from shown as here
    inner join inside on here.grid_code = inside.grid_code
    inner join marts.ref_metric as register
        on here.metric_id = register.metric_id and register.direction <> 'neutral' and register.family = 'ratio'
    inner join shown as average
        on
            average.metric_id = here.metric_id and average.grid_code = $area
            and average.period_kind = here.period_kind and average.period_end = here.period_end
            and average.value is not null
    left join unplaced on here.metric_id = unplaced.metric_id and here.period_kind = unplaced.period_kind
    where here.value is not null and here.ci_low is not null
)

select * from compared
where
    whole_value < ci_low or whole_value > ci_high
    or placed_num < ci_low * whole_den or placed_num > ci_high * whole_den
order by grid_level, metric_id, grid_code
