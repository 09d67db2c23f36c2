{{ config(materialized='view') }}
-- The one place where a figure is divided and rounded: half up, once, on whole numbers.
with figures as (
    select * from {{ ref('fct_metric_value') }}
),

metrics as (
    select * from {{ ref('ref_metric') }}
),

grids as (
    select * from {{ ref('dim_grid') }}
),

prepared as (
    select
        figures.*,
        metrics.name_zh,
        metrics.name_en,
        metrics.unit_zh,
        metrics.unit_en,
        metrics.family,
        metrics.direction,
        metrics.decimals,
        grids.name_zh as grid_name_zh,
        grids.name_en as grid_name_en,
        cast(power(10, metrics.decimals) as bigint) as power_of_ten,
        case
            when figures.is_suppressed or figures.reason is not null then cast(null as bigint)
            when metrics.family = 'median' then cast(round(figures.stat_value * 1000000) as bigint)
            else figures.num
        end as dividend,
        case
            when metrics.family = 'median' then 1000000
            when metrics.family in ('count', 'stock') then 1
            else figures.den
        end as divisor,
        case when metrics.family in ('median', 'count', 'stock') then 1 else metrics.scale end as scale
    from figures
    inner join metrics on figures.metric_id = metrics.metric_id
    left join grids on figures.grid_version_id = grids.grid_version_id
),

rounded as (
    select
        prepared.*,
        case
            when prepared.divisor > 0
                then
                    {{ half_up_scaled(
                        'prepared.dividend', 'prepared.divisor', 'prepared.scale', 'prepared.power_of_ten'
                    ) }}
        end as scaled
    from prepared
),

final as (
    select
        metric_id,
        name_zh,
        name_en,
        slice_kind,
        slice_code,
        grid_code,
        grid_version_id,
        grid_level,
        grid_name_zh,
        grid_name_en,
        period_kind,
        period_start,
        period_end,
        basis,
        case when not is_suppressed then num end as num,
        case when not is_suppressed then den end as den,
        case when not is_suppressed then stat_value end as stat_value,
        cast(cast(scaled as decimal(28, 0)) / power_of_ten as decimal(28, 4)) as value,
        case
            when is_suppressed then '<5'
            when scaled is null then '-'
            when decimals = 0 then cast(scaled as varchar)
            else
                cast({{ int_div('scaled', 'power_of_ten') }} as varchar)
                || '.'
                || lpad(cast(scaled - {{ int_div('scaled', 'power_of_ten') }} * power_of_ten as varchar), decimals, '0')
        end as value_text,
        unit_zh,
        unit_en,
        direction,
        decimals,
        is_suppressed,
        reason,
        case when not is_suppressed and reason is null then ci_low end as ci_low,
        case when not is_suppressed and reason is null then ci_high end as ci_high
    from rounded
)

select * from final
