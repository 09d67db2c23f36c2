-- Open cases counted in every area they lie in.
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
    select open_cases.*, paths.path_0, paths.path_1, paths.path_2, paths.path_3, paths.path_4
    from open_cases
    inner join paths
        on
            open_cases.grid_code = paths.grid_code
            and open_cases.as_of_day >= paths.span_from
            and open_cases.as_of_day < paths.span_to
),

areas as (
    {%- for level in [4, 3, 2, 1, 0] %}
    select placed.*, path_{{ level }} as area_code, {{ level }} as area_level
    from placed
    cross join build_info
    where path_{{ level }} is not null and path_{{ level }} <> root_code
    union all
    {%- endfor %}
    select placed.*, root_code as area_code, 0 as area_level
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
        count(*) as cases_n
    from areas
    group by event_kind, area_code, area_level, age_band, is_overdue
)

select * from final
