{%- set columns = ['event_kind', 'age_band', 'is_overdue', 'was_overdue', 'deadline_at'] %}
-- Open cases counted in every area they lie in now: a stock is what is there at as_of, on the map of that day.
with open_cases as (
    select * from {{ ref('int_open_case') }}
),

paths as (
    select * from {{ ref('int_grid_path') }}
),

build_info as (
    select root_code from {{ ref('build_info') }}
),

placed as (
    {{ placed_now('open_cases', columns) }}
),

areas as (
    {{ areas_above('placed', columns, 4, by_level=['is_by_share']) }}
),

final as (
    select
        event_kind,
        area_code as grid_code,
        area_level,
        age_band,
        is_overdue,
        cast(sum(case when deadline_at is not null then 1 else 0 end) as bigint) as with_deadline_n,
        count(*) as cases_n,
        cast(sum(case when was_overdue then 1 else 0 end) as bigint) as was_overdue_n,
        cast(min(deadline_at) as date) as earliest_deadline_on,
        bool_or(is_by_share) as is_weighted
    from areas
    group by event_kind, area_code, area_level, age_band, is_overdue
)

select * from final
