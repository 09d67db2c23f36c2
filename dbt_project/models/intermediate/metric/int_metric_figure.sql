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

final as (
    select
        unioned.metric_id,
        unioned.slice_kind,
        unioned.slice_code,
        unioned.grid_code,
        paths.grid_version_id,
        paths.grid_level,
        unioned.period_kind,
        unioned.period_start,
        unioned.period_end,
        cast(unioned.num as bigint) as num,
        cast(
            case
                when metrics.population is not null then residents.value
                when metrics.family in ('count', 'stock') then null
                else unioned.den
            end as bigint
        ) as den,
        unioned.stat_value
    from unioned
    inner join metrics on unioned.metric_id = metrics.metric_id
    inner join paths
        on
            unioned.grid_code = paths.grid_code
            and unioned.period_end >= paths.span_from
            and unioned.period_end < paths.span_to
    left join residents
        on
            unioned.grid_code = residents.grid_code
            and metrics.population = residents.pop_kind
            and extract(year from unioned.period_end) = residents.year
)

select * from final
