{{ config(materialized='table') }}
-- How many grids were valid in an area when a month ended, or at as_of while it lasts: what figures per grid are
-- divided by, down to the level where one is declared. As it was, and on the map in force. Grids that lay in the same
-- areas for the same days are added up first: a country has 600,000 of them, and 240 months.
with grids as (
    select
        path_0, path_1, path_2, path_3, valid_from, valid_to, is_current, count(*) as grid_n
    from {{ ref('dim_grid') }}
    where grid_level = {{ threshold('working_grid_level') }} and grid_code <> 'UNASSIGNED'
    group by path_0, path_1, path_2, path_3, valid_from, valid_to, is_current
),

build_info as (
    select root_code, cast(as_of as date) as as_of_day from {{ ref('build_info') }}
),

months as (
    select
        periods.period_end,
        least(periods.period_end, build_info.as_of_day) as told_day
    from {{ ref('int_metric_period') }} as periods
    cross join build_info
    where periods.period_kind = 'month'
),

areas as (
    {{ areas_above('grids', ['valid_from', 'valid_to', 'is_current', 'grid_n'], finest_level_of('grids')) }}
),

spans as (
    select area_code as grid_code, valid_from, valid_to, is_current, sum(grid_n) as grid_n
    from areas
    group by area_code, valid_from, valid_to, is_current
),

now_there as (
    select grid_code, cast(sum(grid_n) as bigint) as value
    from spans
    where is_current
    group by grid_code
),

as_was as (
    select spans.grid_code, months.period_end, cast(sum(spans.grid_n) as bigint) as value
    from months
    inner join spans on months.told_day >= spans.valid_from and months.told_day < spans.valid_to
    group by spans.grid_code, months.period_end
),

final as (
    select 'as_was' as basis, grid_code, period_end, value, false as is_other
    from as_was
    union all
    select
        'restated' as basis, now_there.grid_code, months.period_end, now_there.value,
        {{ differs('now_there.value', 'as_was.value') }} as is_other
    from now_there
    cross join months
    left join as_was on now_there.grid_code = as_was.grid_code and months.period_end = as_was.period_end
)

select * from final
