-- Open cases of each stock, counted in every area they lie in now: on the map of that day. What is stocked is the
-- entry's filter.
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
    {{ placed_now('stocked', ['metric_id', 'event_kind', 'age_band']) }}
),

areas as (
    {{ areas_above('placed', ['metric_id', 'event_kind', 'age_band'], 4, by_level=['is_by_share']) }}
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
