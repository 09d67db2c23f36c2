-- Grids and posts: how many areas of each level lie in an area at as_of and a year before (M30), and how many grids
-- there are to a post at as_of (M31). Posts are counted, never who holds them.
with grids as (
    select * from {{ ref('dim_grid') }}
    where grid_code <> 'UNASSIGNED'
),

posts as (
    select * from {{ ref('stg_reference__grid_post') }}
    where post_role in ('grid_leader', 'grid_staff')
),

build_info as (
    select root_code, cast(as_of as date) as as_of_day from {{ ref('build_info') }}
),

cuts as (
    select * from {{ ref('ref_metric_cut') }}
),

told_days as (
    select as_of_day as told_day, as_of_day from build_info
    union all
    select {{ add_months('as_of_day', '-12') }} as told_day, as_of_day from build_info
),

-- A list of posts may name grids by codes of before a change.
codes as (
    select * from {{ ref('int_grid_code_now') }}
),

filled as (
    select codes.current_code as grid_code, count(*) as posts_n
    from posts
    cross join build_info
    inner join codes on posts.grid_code = codes.grid_code
    where posts.valid_from <= build_info.as_of_day and posts.valid_to > build_info.as_of_day
    group by codes.current_code
),

placed as (
    select
        grids.*,
        told_days.told_day,
        case when told_days.told_day = told_days.as_of_day then coalesce(filled.posts_n, 0) else 0 end as posts_n
    from grids
    inner join told_days on told_days.told_day >= grids.valid_from and told_days.told_day < grids.valid_to
    left join filled on grids.grid_code = filled.grid_code
),

areas as (
    {{ areas_above('placed', ['told_day', 'grid_level', 'posts_n'], 3) }}
),

counted as (
    select
        'M30' as metric_id,
        told_day,
        'grid_level' as slice_kind,
        cast(grid_level as varchar) as slice_code,
        area_code,
        area_level,
        count(*) as num,
        cast(null as bigint) as den
    from areas
    group by told_day, grid_level, area_code, area_level
    union all
    select
        'M31' as metric_id,
        told_day,
        'all' as slice_kind,
        'all' as slice_code,
        area_code,
        area_level,
        sum(case when grid_level = {{ threshold('working_grid_level') }} then 1 else 0 end) as num,
        cast(sum(posts_n) as bigint) as den
    from areas
    group by told_day, area_code, area_level
    having sum(posts_n) > 0
),

final as (
    select
        counted.metric_id, counted.slice_kind, counted.slice_code, counted.area_code as grid_code, counted.area_level,
        'day' as period_kind, counted.told_day as period_start, counted.told_day as period_end,
        cast(counted.num as bigint) as num, counted.den
    from counted
    inner join cuts
        on
            counted.metric_id = cuts.metric_id
            and counted.slice_kind = cuts.slice_kind
            and counted.area_level = cuts.grid_level
)

select * from final
