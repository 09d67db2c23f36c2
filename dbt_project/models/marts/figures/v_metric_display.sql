-- The one place where a figure is divided and rounded: half up, once, on whole numbers.
with figures as (
    select * from {{ ref('v_metric_shown') }}
),

build_info as (
    select {{ last_day_over('as_of') }} as last_day from {{ ref('build_info') }}
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
            when metrics.family in ('median', 'composite') or metrics.adjust = 'workdays'
                then cast(round(abs(figures.stat_value) * 1000000) as bigint)
            when metrics.family = 'change' then abs(figures.num - figures.den)
            else figures.num
        end as dividend,
        case
            when metrics.family in ('median', 'composite') or metrics.adjust = 'workdays' then 1000000
            when metrics.family in ('count', 'stock') then 1
            else figures.den
        end as divisor,
        case when metrics.family in ('median', 'count', 'stock', 'composite') then 1 else metrics.scale end as scale,
        case
            when metrics.family = 'change' and metrics.adjust = 'none' then figures.num < figures.den
            else figures.stat_value < 0
        end as is_below,
        {{ is_to_date('figures.period_kind', 'figures.period_end', 'build_info.last_day') }} as is_to_date
    from figures
    cross join build_info
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

-- A fall that rounds to nothing is shown as 0, not as -0.
signed as (
    select *, case when is_below and scaled > 0 then -1 else 1 end as sign from rounded
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
        cast(sign * cast(scaled as decimal(28, 0)) / power_of_ten as decimal(28, 4)) as value,
        case
            when is_suppressed then '*'
            when scaled is null then '-'
            when decimals = 0 then case when is_weighted then '≈' else '' end || cast(sign * scaled as varchar)
            else
                case when is_weighted then '≈' else '' end || case when sign < 0 then '-' else '' end
                || cast({{ int_div('scaled', 'power_of_ten') }} as varchar)
                || '.'
                || lpad(cast(scaled - {{ int_div('scaled', 'power_of_ten') }} * power_of_ten as varchar), decimals, '0')
        end as value_text,
        unit_zh,
        unit_en,
        direction,
        decimals,
        is_suppressed,
        reason,
        is_weighted,
        case when not is_suppressed and reason is null then ci_low end as ci_low,
        case when not is_suppressed and reason is null then ci_high end as ci_high,
        is_small_base,
        is_to_date
    from signed
)

select * from final
