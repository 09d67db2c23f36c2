-- Numerators and denominators of every family in one shape, with the version of the area valid at the period's end.
with sums as (
    select * from {{ ref('int_metric_sum') }}
),

medians as (
    select * from {{ ref('int_metric_median') }}
),

stocks as (
    select * from {{ ref('int_metric_stock') }}
),

specials as (
    select * from {{ ref('int_metric_special') }}
),

backlogs as (
    select * from {{ ref('int_metric_backlog') }}
),

metrics as (
    select * from {{ ref('ref_metric') }}
),

residents as (
    select * from {{ ref('int_metric_resident') }}
),

paths as (
    select * from {{ ref('int_grid_path') }}
),

unioned as (
    select
        metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end, num, den,
        cast(null as double) as stat_value
    from sums
    union all
    select
        metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end, num, den,
        cast(null as double) as stat_value
    from backlogs
    union all
    select
        metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end,
        cast(null as bigint) as num, den, stat_value
    from medians
    union all
    select
        metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end, num,
        cast(null as bigint) as den, cast(null as double) as stat_value
    from stocks
    union all
    select
        metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end, num, den,
        cast(null as double) as stat_value
    from specials
),

-- What a share is of: all members of its slice together.
whole as (
    select
        *,
        sum(num) over (
            partition by metric_id, slice_kind, grid_code, period_kind, period_start, period_end
        ) as members_num
    from unioned
),

final as (
    select
        whole.metric_id,
        whole.slice_kind,
        whole.slice_code,
        whole.grid_code,
        paths.grid_version_id,
        paths.grid_level,
        whole.period_kind,
        whole.period_start,
        whole.period_end,
        cast(whole.num as bigint) as num,
        cast(
            case
                when metrics.population is not null then residents.value
                when metrics.family in ('count', 'stock') then null
                when metrics.family = 'share' then whole.members_num
                else whole.den
            end as bigint
        ) as den,
        whole.stat_value
    from whole
    inner join metrics on whole.metric_id = metrics.metric_id
    inner join paths
        on
            whole.grid_code = paths.grid_code
            and whole.period_end >= paths.span_from
            and whole.period_end < paths.span_to
    left join residents
        on
            whole.grid_code = residents.grid_code
            and metrics.population = residents.pop_kind
            and extract(year from whole.period_end) = residents.year
)

select * from final
