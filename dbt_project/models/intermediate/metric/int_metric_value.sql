{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['period_kind', 'period_start', 'period_end'],
    touched=['intermediate', 'int_metric_due_period'],
    touched_also="(period_kind, period_start, period_end) not in (select (p.period_kind, p.period_start, p.period_end) from intermediate.int_metric_period as p) or metric_id in (select m.metric_id from seeds.ref_metric as m where m.is_remade)",
    on_schema_change='fail'
) }}
-- Every figure as numerator and denominator, before the build decides which are hidden (fct_metric_value).
{%- set n, z = 'measured.num', 'measured.z' %}
with figures as (
    select * from {{ ref('int_metric_figure') }}
    union all
    select * from {{ ref('int_metric_composite') }}
),

metrics as (
    select * from {{ ref('ref_metric') }}
),

poisson as (
    select * from {{ ref('ref_poisson_bound') }}
),

limits as (
    select {{ threshold('ci95_z') }} as z
),

measured as (
    select
        figures.*,
        metrics.family,
        metrics.scale,
        case
            when metrics.population is not null and figures.den is null then 'no_population'
            when figures.den < metrics.min_denominator then 'min_denominator'
        end as why_not,
        case
            when metrics.cohort in ('by_receipt', 'at_as_of') or metrics.family in ('median', 'composite') then 'none'
            when metrics.family = 'count' or metrics.population is not null then 'poisson'
            else 'wilson'
        end as interval_kind,
        case
            when metrics.population is not null then cast(metrics.scale as double) / nullif(figures.den, 0)
            else 1.0
        end as per,
        limits.z
    from figures
    inner join metrics on figures.metric_id = metrics.metric_id
    cross join limits
),

final as (
    select
        measured.metric_id,
        measured.slice_kind,
        measured.slice_code,
        measured.grid_code,
        measured.grid_version_id,
        measured.grid_level,
        measured.period_kind,
        measured.period_start,
        measured.period_end,
        measured.basis,
        measured.num,
        measured.den,
        measured.stat_value,
        measured.why_not as reason,
        measured.is_weighted,
        case
            when measured.interval_kind = 'wilson' and measured.den > 0
                then {{ bound("measured.scale * " ~ wilson(n, 'measured.den', z, -1)) }}
            when measured.interval_kind = 'poisson'
                then {{ bound("measured.per * coalesce(poisson.ci_low, " ~ byar_low(n, z) ~ ")") }}
        end as ci_low,
        case
            when measured.interval_kind = 'wilson' and measured.den > 0
                then {{ bound("measured.scale * " ~ wilson(n, 'measured.den', z, 1)) }}
            when measured.interval_kind = 'poisson'
                then {{ bound("measured.per * coalesce(poisson.ci_high, " ~ byar_high(n, z) ~ ")") }}
        end as ci_high
    from measured
    left join poisson on measured.num = poisson.events_n
)

select * from final
