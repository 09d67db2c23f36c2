{{ config(materialized='table') }}
-- How many grids were valid in an area when a month ended, or at as_of while it lasts: what figures per grid are
-- divided by. As it was, and on the map in force.
with grids as (
    select * from {{ ref('dim_grid') }}
    where grid_level = {{ threshold('working_grid_level') }} and grid_code <> 'UNASSIGNED'
),

build_info as (
    select root_code, cast(as_of as date) as as_of_day from {{ ref('build_info') }}
),

months as (
    select
        periods.period_end,
        least(periods.period_end, build_info.as_of_day) as told_day,
        build_info.root_code
    from {{ ref('int_metric_period') }} as periods
    cross join build_info
    where periods.period_kind = 'month'
),

placed as (
    select 'as_was' as basis, months.period_end, months.root_code, grids.*
    from months
    inner join grids on months.told_day >= grids.valid_from and months.told_day < grids.valid_to
    union all
    select 'restated' as basis, months.period_end, months.root_code, grids.*
    from months
    cross join grids
    where grids.is_current
),

areas as (
    {%- for level in [3, 2, 1, 0] %}
    select basis, period_end, path_{{ level }} as area_code
    from placed
    where path_{{ level }} is not null and path_{{ level }} <> root_code
    union all
    {%- endfor %}
    select basis, period_end, root_code as area_code from placed
),

counted as (
    select basis, area_code as grid_code, period_end, cast(count(*) as bigint) as value
    from areas
    group by basis, area_code, period_end
),

final as (
    select
        counted.*,
        counted.basis = 'restated' and {{ differs('counted.value', 'as_was.value') }} as is_other
    from counted
    left join counted as as_was
        on
            as_was.basis = 'as_was'
            and counted.grid_code = as_was.grid_code
            and counted.period_end = as_was.period_end
)

select * from final
