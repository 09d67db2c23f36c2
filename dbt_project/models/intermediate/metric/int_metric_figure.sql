-- Numerators and denominators of every family in one shape, with the version of the area valid at the period's end;
-- and, where it differs, the same on the hierarchy in force at as_of (basis restated).
{%- set key = 'metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end' %}
with summed as (
    select * from {{ ref('int_metric_additive') }}
),

medians as (
    select * from {{ ref('int_metric_median') }}
),

remade as (
    select * from {{ ref('int_metric_remade') }}
),

metrics as (
    select * from {{ ref('ref_metric') }}
),

residents as (
    select * from {{ ref('int_metric_resident') }}
),

grids as (
    select * from {{ ref('int_metric_grid_valid') }}
),

paths as (
    select * from {{ ref('int_grid_path') }}
),

touched as (
    select grid_code from {{ ref('int_grid_touched') }}
    union
    select grid_code from grids
    where is_other
),

-- `is_other`: restated, it is not what it was.
unioned as (
    select
        'as_was' as basis, {{ key }}, num, num as num_was, den, cast(null as double) as stat_value,
        false as is_weighted, true as is_other
    from summed
    where own_n > 0
    union all
    select
        'restated' as basis, {{ key }}, num + moved_num as num, num as num_was, den + moved_den as den,
        cast(null as double) as stat_value, weighted_n > 0 as is_weighted, moved_num <> 0 or moved_den <> 0 as is_other
    from summed
    where grid_code in (select touched.grid_code from touched)
    union all
    select
        basis, {{ key }}, cast(null as bigint) as num, cast(null as bigint) as num_was, den, stat_value,
        is_weighted, true as is_other
    from medians
    where basis = 'as_was' or {{ differs('den', 'as_was_den') }} or {{ differs('stat_value', 'as_was_value') }}
    union all
    select
        'as_was' as basis, {{ key }}, num, num as num_was, den, stat_value, is_weighted, true as is_other
    from remade
),

-- What a share is of: all members of its slice together.
whole as (
    select
        *,
        sum(num) over members as members_num,
        sum(num_was) over members as members_was
    from unioned
    window members as (partition by basis, metric_id, slice_kind, grid_code, period_kind, period_start, period_end)
),

final as (
    select
        whole.metric_id, whole.slice_kind, whole.slice_code, whole.grid_code,
        paths.grid_version_id,
        paths.grid_level,
        whole.period_kind, whole.period_start, whole.period_end, whole.basis,
        cast(whole.num as bigint) as num,
        cast(
            case
                when metrics.population = 'grids' then grids.value
                when metrics.population is not null then residents.value
                when metrics.family in ('count', 'stock') then null
                when metrics.family = 'share' then whole.members_num
                else whole.den
            end as bigint
        ) as den,
        whole.stat_value,
        whole.is_weighted
    from whole
    inner join metrics on whole.metric_id = metrics.metric_id
    inner join paths
        on
            whole.grid_code = paths.grid_code
            and case
                when whole.basis = 'restated' then paths.is_current
                else whole.period_end >= paths.span_from and whole.period_end < paths.span_to
            end
    left join residents
        on
            whole.grid_code = residents.grid_code
            and metrics.population = residents.pop_kind
            and extract(year from whole.period_end) = residents.year
            and whole.basis = residents.basis
    left join grids
        on
            metrics.population = 'grids'
            and whole.grid_code = grids.grid_code
            and whole.period_end = grids.period_end
            and whole.basis = grids.basis
    where
        whole.is_other
        -- Nothing of its own moved, but what it is divided by did.
        or (metrics.population is not null and (residents.is_other or grids.is_other))
        or (metrics.family = 'share' and whole.members_num <> whole.members_was)
)

select * from final
