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
    {{ areas_above('placed', ['metric_id', 'is_weighted'], 3) }}
),

final as (
    select metric_id, area_code as grid_code, area_level, count(*) as num, bool_or(is_weighted) as is_weighted
    from areas
    group by metric_id, area_code, area_level
)

select * from final
