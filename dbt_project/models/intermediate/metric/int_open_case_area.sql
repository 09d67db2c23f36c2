-- Open cases counted in every area they lie in now: a stock is what is there at as_of, on the map of that day.
-- noqa: disable=LT02
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
    select
        open_cases.*
        {%- for k in range(0, 5) %},
        paths.path_{{ k }},
        open_cases.is_weighted and {{ differs('paths.path_' ~ k, 'old_paths.path_' ~ k) }} as is_weighted_{{ k }}
        {%- endfor %}
    from open_cases
    inner join paths on open_cases.restated_grid_code = paths.grid_code and paths.is_current
    left join paths as old_paths on open_cases.grid_version_id = old_paths.grid_version_id
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
        event_kind,
        area_code as grid_code,
        area_level,
        age_band,
        is_overdue,
        cast(sum(case when deadline_at is not null then 1 else 0 end) as bigint) as with_deadline_n,
        count(*) as cases_n,
        bool_or(is_by_share) as is_weighted
    from areas
    group by event_kind, area_code, area_level, age_band, is_overdue
)

select * from final
