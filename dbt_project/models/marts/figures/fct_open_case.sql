with open_areas as (
    select * from {{ ref('int_open_case_area') }}
),

paths as (
    select grid_code, parent_code from {{ ref('int_grid_path') }}
    where span_to = date '9999-12-31'
),

limits as (
    select
        {{ threshold('small_cell_max') }} as small_cell_max,
        {{ threshold('small_cell_level') }} as small_cell_level
),

-- A kind about persons is hidden in all areas of a parent if it is small in one of them: nothing is left to subtract.
small_here as (
    select distinct open_areas.event_kind, open_areas.area_level, paths.parent_code
    from open_areas
    inner join paths on open_areas.grid_code = paths.grid_code
    cross join limits
    where
        open_areas.area_level >= limits.small_cell_level
        and open_areas.cases_n <= limits.small_cell_max
        and open_areas.event_kind not in ({{ matter_kinds() }})
),

-- And what is hidden stays hidden in the areas below, which would else add up to it.
{%- for finer, coarser in [('small_below', 'small_here'), ('small_far_below', 'small_below')] %}
{{ finer }} as (
    select {{ coarser }}.event_kind, {{ coarser }}.area_level + 1 as area_level, paths.grid_code as parent_code
    from {{ coarser }}
    inner join paths on {{ coarser }}.parent_code = paths.parent_code
),
{%- endfor %}

small as (
    select * from small_here
    union
    select * from small_below
    union
    select * from small_far_below
),

final as (
    select
        open_areas.event_kind, open_areas.grid_code, open_areas.area_level as grid_level, open_areas.age_band,
        open_areas.is_overdue,
        case when small.parent_code is null then open_areas.cases_n end as cases_n,
        small.parent_code is not null as is_suppressed
    from open_areas
    left join paths on open_areas.grid_code = paths.grid_code
    left join small
        on
            open_areas.event_kind = small.event_kind
            and open_areas.area_level = small.area_level
            and paths.parent_code = small.parent_code
)

select * from final
