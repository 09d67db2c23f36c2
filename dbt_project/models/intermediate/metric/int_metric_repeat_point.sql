-- Places of repeated complaints at as_of, counted in every area they lie in on the map of that day.
with facts as (
    select * from {{ ref('fct_event') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

paths as (
    select * from {{ ref('int_grid_path') }}
),

build_info as (
    select root_code from {{ ref('build_info') }}
),

recent as (
    select facts.*
    from facts
    inner join feeds on facts.feed = feeds.feed
    where
        facts.is_counted
        and facts.is_repeat
        and facts.grid_code <> 'UNASSIGNED'
        and facts.reported_at <= feeds.as_of
        and {{ days_between('cast(facts.reported_at as date)', 'cast(feeds.as_of as date)') }}
        < {{ threshold('repeat_point_days') }}
),

points as (
    {%- for metric in register() if metric.sql == 'metric_sql__repeat_points' %}
    {{ metric_sql__repeat_points(metric) }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

placed as (
    select points.metric_id, points.is_weighted, paths.path_0, paths.path_1, paths.path_2, paths.path_3
    from points
    inner join paths on points.grid_code = paths.grid_code and paths.is_current
    where paths.grid_level >= 4
),

areas as (
    {%- for level in [3, 2, 1, 0] %}
    select metric_id, is_weighted, path_{{ level }} as grid_code, {{ level }} as area_level
    from placed
    cross join build_info
    where path_{{ level }} is not null and path_{{ level }} <> root_code
    union all
    {%- endfor %}
    select metric_id, is_weighted, root_code as grid_code, 0 as area_level
    from placed
    cross join build_info
),

final as (
    select
        areas.metric_id, areas.grid_code, areas.area_level, count(*) as num, bool_or(areas.is_weighted) as is_weighted
    from areas
    group by areas.metric_id, areas.grid_code, areas.area_level
)

select * from final
