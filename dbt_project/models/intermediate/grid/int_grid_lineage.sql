{{ config(materialized='table') }}
-- Below which areas each one lay from when to when, whatever else about it changed. The first description holds
-- backwards and the last one forwards, so that every day finds a line to the root.
-- noqa: disable=LT02
with grids as (
    select
        *,
        case
            when row_number() over (partition by grid_code order by valid_from) = 1 then date '1900-01-01'
            else valid_from
        end as span_from,
        coalesce(lead(valid_from) over (partition by grid_code order by valid_from), date '9999-12-31') as span_to
    from {{ ref('int_grid') }}
),

followed as (
    select
        *,
        lag(parent_code) over (partition by grid_code order by span_from) as parent_before,
        lag(grid_level) over (partition by grid_code order by span_from) as level_before
    from grids
),

marked as (
    select
        *,
        case
            when {{ differs('parent_code', 'parent_before') }} or {{ differs('grid_level', 'level_before') }} then 1
            else 0
        end as is_moved
    from followed
),

counted as (
    select *, sum(is_moved) over (partition by grid_code order by span_from rows unbounded preceding) as stay_no
    from marked
),

stays as (
    select grid_code, grid_level, parent_code, min(span_from) as stays_from, max(span_to) as stays_to
    from counted
    group by grid_code, grid_level, parent_code, stay_no
),

depth_0 as (
    select
        grid_code, stays_from, stays_to
        {%- for k in range(0, 6) %},
        case when grid_level = {{ k }} then grid_code end as path_{{ k }}
        {%- endfor %}
    from stays
    where parent_code is null
),
{% for n in range(1, 8) %}
depth_{{ n }} as (
    select
        stays.grid_code,
        greatest(stays.stays_from, above.stays_from) as stays_from,
        least(stays.stays_to, above.stays_to) as stays_to
        {%- for k in range(0, 6) %},
        case when stays.grid_level = {{ k }} then stays.grid_code else above.path_{{ k }} end as path_{{ k }}
        {%- endfor %}
    from stays
    inner join depth_{{ n - 1 }} as above
        on
            stays.parent_code = above.grid_code
            and stays.stays_from < above.stays_to
            and stays.stays_to > above.stays_from
),
{% endfor %}
final as (
    {%- for n in range(0, 8) %}
    select * from depth_{{ n }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)

select * from final
