-- Open cases of each stock, counted in every area they lie in now: on the map of that day. What is stocked is the
-- entry's filter.
-- noqa: disable=LT02
with open_cases as (
    select * from {{ ref('int_open_case') }}
),

facts as (
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

events as (
    select facts.*, feeds.as_of as feed_as_of, open_cases.age_band, open_cases.is_weighted
    from open_cases
    inner join facts on open_cases.event_id = facts.event_id
    inner join feeds on facts.feed = feeds.feed
),

stocked as (
    {%- for metric in register() if metric.family == 'stock' and not metric.sql %}
    select
        '{{ metric.id }}' as metric_id, event_kind, age_band, restated_grid_code, grid_version_id, is_weighted
    from events
    where
        event_kind in (
            {%- for kind in metric.kinds %}
            '{{ kind }}'{% if not loop.last %},{% endif %}
            {%- endfor %}
        )
        and ({{ metric.filter }})
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

placed as (
    select
        stocked.metric_id, stocked.event_kind, stocked.age_band
        {%- for k in range(0, 5) %},
        paths.path_{{ k }},
        stocked.is_weighted and {{ differs('paths.path_' ~ k, 'old_paths.path_' ~ k) }} as is_weighted_{{ k }}
        {%- endfor %}
    from stocked
    inner join paths on stocked.restated_grid_code = paths.grid_code and paths.is_current
    left join paths as old_paths on stocked.grid_version_id = old_paths.grid_version_id
),

areas as (
    {%- for level in [4, 3, 2, 1, 0] %}
    select placed.*, path_{{ level }} as area_code, {{ level }} as area_level, is_weighted_{{ level }} as is_by_share
    from placed
    cross join build_info
    where path_{{ level }} is not null and path_{{ level }} <> root_code
    union all
    {%- endfor %}
    select placed.*, root_code as area_code, 0 as area_level, false as is_by_share
    from placed
    cross join build_info
),

final as (
    select
        metric_id,
        event_kind,
        age_band,
        area_code as grid_code,
        area_level,
        count(*) as cases_n,
        bool_or(is_by_share) as is_weighted
    from areas
    group by metric_id, event_kind, age_band, area_code, area_level
)

select * from final
