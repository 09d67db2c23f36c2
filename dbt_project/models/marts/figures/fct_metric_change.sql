-- Changes on an earlier period (family change): both counts. Which period, and on how many days of each kind, is in
-- bridge_period_before; a period without a row in either is a count of 0. A table though both counts are published
-- beside it: as a view it cost every question to v_metric_shown 0.13 s of CPU (13,666 rows of 2.1 million, demo,
-- 2026-11-22).
{%- set area = 'metric_id, slice_kind, slice_code, grid_code, grid_level, basis' %}
with pairs as (
    select * from {{ ref('v_metric_pair') }}
),

published as (
    select * from {{ ref('fct_metric_value') }}
    where metric_id in (select pairs.of_metric from pairs)
),

-- Both periods on one basis: on the map in force, a figure is what was restated, else what it was.
figures as (
    {{ on_both_bases('published') }}
),

cuts as (
    select * from {{ ref('ref_metric_cut') }}
),

hidden as (
    select * from {{ ref('fct_metric_hidden') }}
),

both_periods as (
    {%- for side in ['period', 'before'] %}
    select
        pairs.metric_id, figures.slice_kind, figures.slice_code, figures.grid_code, figures.grid_level,
        pairs.period_kind, pairs.period_start, pairs.period_end, figures.basis,
        {{ 'figures.num' if side == 'period' else '0' }} as num,
        {{ '0' if side == 'period' else 'figures.num' }} as den,
        figures.is_suppressed, figures.is_weighted,
        {{ 'figures.grid_version_id' if side == 'period' else 'cast(null as varchar)' }} as grid_version_id,
        {{ 'cast(null as varchar)' if side == 'period' else 'figures.grid_version_id' }} as version_before
    from pairs
    inner join figures
        on
            pairs.of_metric = figures.metric_id
            and pairs.period_kind = figures.period_kind
            and pairs.{{ side }}_start = figures.period_start
            and pairs.{{ side }}_end = figures.period_end
    inner join cuts
        on
            pairs.metric_id = cuts.metric_id
            and figures.slice_kind = cuts.slice_kind
            and figures.grid_level = cuts.grid_level
            and pairs.period_kind = cuts.period_kind
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

summed as (
    select
        {{ area }}, period_kind, period_start, period_end,
        coalesce(max(grid_version_id), max(version_before)) as grid_version_id,
        cast(sum(num) as bigint) as num, cast(sum(den) as bigint) as den,
        bool_or(is_suppressed) as has_hidden,
        bool_or(is_weighted) as is_weighted
    from both_periods
    group by {{ area }}, period_kind, period_start, period_end
),

-- Days, a day off counted for what it brings.
weighed as (
    select
        summed.*,
        pairs.reason as why_not,
        -- A period without a row is hidden too where its block is.
        summed.has_hidden
        or pairs.period_rank <= coalesce(hidden_now.height, -1)
        or pairs.before_rank <= coalesce(hidden_then.height, -1)
            as is_suppressed,
        pairs.workday_n + pairs.weekend_n * weights.weekend_weight + pairs.holiday_n * weights.holiday_weight as days_n,
        pairs.workday_before_n + pairs.weekend_before_n * weights.weekend_weight
        + pairs.holiday_before_n * weights.holiday_weight as days_before_n
    from summed
    inner join pairs
        on
            summed.metric_id = pairs.metric_id
            and summed.period_kind = pairs.period_kind
            and summed.period_start = pairs.period_start
            and summed.period_end = pairs.period_end
    left join {{ ref('fct_metric_day_weight') }} as weights on pairs.metric_id = weights.metric_id
    left join hidden as hidden_now
        on {{ in_block('hidden_now', 'summed', 'pairs.of_metric', 'extract(year from summed.period_end)') }}
    left join hidden as hidden_then
        on {{ in_block('hidden_then', 'summed', 'pairs.of_metric', 'extract(year from pairs.before_end)') }}
),

final as (
    select
        weighed.metric_id, weighed.slice_kind, weighed.slice_code,
        weighed.grid_code, weighed.grid_version_id, weighed.grid_level,
        weighed.period_kind, weighed.period_start, weighed.period_end, weighed.basis,
        weighed.num, weighed.den,
        (cast(weighed.num as double) / nullif(weighed.days_n, 0))
        / (nullif(cast(weighed.den as double), 0) / nullif(weighed.days_before_n, 0)) - 1 as stat_value,
        weighed.is_suppressed,
        case
            when weighed.is_suppressed then 'small_cell' when weighed.den = 0 then 'no_base' else weighed.why_not
        end as reason,
        weighed.is_weighted,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        weighed.den < {{ threshold('small_base') }} as is_small_base
    from weighed
)

select * from final
