-- Composites: per level and period, each member's robust z among the areas of that level, signed so that more is
-- better, and their weighted mean. Only areas in which every member is known. No rows unless ref_composite_weight has
-- some.
with figures as (
    select * from {{ ref('int_metric_figure') }}
    where basis = 'as_was'
),

metrics as (
    select * from {{ ref('ref_metric') }}
),

-- One set of weights holds from one day: all its rows bear it.
weights as (
    select *, count(*) over (partition by composite_id, effective_from) as members_n
    from {{ ref('ref_composite_weight') }}
),

cuts as (
    select * from {{ ref('ref_metric_cut') }}
),

limits as (
    select
        {{ threshold('alert_mad_to_sd') }} as mad_to_sd,
        {{ threshold('composite_least_areas') }} as least_areas
),

known as (
    select
        weights.composite_id, weights.metric_id, weights.weight, figures.grid_code, figures.grid_version_id,
        figures.grid_level, figures.period_kind, figures.period_start, figures.period_end,
        weights.members_n,
        case
            when metrics.family = 'median' then figures.stat_value
            when figures.den is null then cast(figures.num as double)
            else cast(figures.num as double) / figures.den
        end * case when metrics.direction = 'lower' then -1.0 else 1.0 end as value
    from figures
    inner join weights
        on
            figures.metric_id = weights.metric_id
            and figures.period_end >= weights.effective_from
            and figures.period_end < weights.effective_to
    inner join metrics on figures.metric_id = metrics.metric_id
    inner join cuts
        on
            weights.composite_id = cuts.metric_id
            and figures.grid_level = cuts.grid_level
            and figures.period_kind = cuts.period_kind
    where
        figures.slice_kind = 'all'
        and figures.grid_code <> 'UNASSIGNED'
        and (metrics.population is null or figures.den is not null)
        and coalesce(figures.den, 0) >= metrics.min_denominator
),

middles as (
    select
        composite_id, metric_id, grid_level, period_kind, period_start, period_end,
        count(*) as areas_n,
        {{ quantile('value', 0.5) }} as middle
    from known
    group by composite_id, metric_id, grid_level, period_kind, period_start, period_end
),

spreads as (
    select
        middles.composite_id, middles.metric_id, middles.grid_level, middles.period_kind, middles.period_start,
        middles.period_end, middles.areas_n, middles.middle,
        {{ quantile('abs(known.value - middles.middle)', 0.5) }} as mad
    from middles
    inner join known
        on
            middles.composite_id = known.composite_id
            and middles.metric_id = known.metric_id
            and middles.grid_level = known.grid_level
            and middles.period_kind = known.period_kind
            and middles.period_start = known.period_start
            and middles.period_end = known.period_end
    group by
        middles.composite_id, middles.metric_id, middles.grid_level, middles.period_kind, middles.period_start,
        middles.period_end, middles.areas_n, middles.middle
),

final as (
    select
        known.composite_id as metric_id, 'all' as slice_kind, 'all' as slice_code,
        known.grid_code, known.grid_version_id, known.grid_level,
        known.period_kind, known.period_start, known.period_end, 'as_was' as basis,
        cast(null as bigint) as num,
        cast(count(*) as bigint) as den,
        sum(known.weight * (known.value - spreads.middle) / (limits.mad_to_sd * spreads.mad))
        / sum(known.weight) as stat_value,
        false as is_weighted
    from known
    inner join spreads
        on
            known.composite_id = spreads.composite_id
            and known.metric_id = spreads.metric_id
            and known.grid_level = spreads.grid_level
            and known.period_kind = spreads.period_kind
            and known.period_start = spreads.period_start
            and known.period_end = spreads.period_end
    cross join limits
    where spreads.mad > 0 and spreads.areas_n >= limits.least_areas
    group by
        known.composite_id, known.grid_code, known.grid_version_id, known.grid_level,
        known.period_kind, known.period_start, known.period_end, known.members_n
    having count(*) = known.members_n
)

select * from final
