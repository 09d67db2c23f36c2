{{ config(materialized='view') }}
-- Every published figure as numerator and denominator. Divided and rounded in v_metric_display, nowhere else. What is
-- hidden is decided here, for the whole lattice at once: one cell that changes may hide others of another year. A view:
-- the warehouse stores figures once, and publishing writes out what this says (pipelines/publish.py).
with figures as (
    select * from {{ ref('int_metric_value') }}
),

hidden as (
    select * from {{ ref('fct_metric_hidden') }}
),

ranked as (
    select
        *,
        {{ period_rank('period_kind', 'period_end') }} as period_rank,
        {{ closing_rank('period_kind', 'period_end') }} as closing_rank,
        {{ opening_year('period_kind', 'period_start') }} as first_year,
        extract(year from period_end) as last_year
    from figures
),

judged as (
    select
        ranked.*,
        ranked.period_rank <= coalesce(hidden_first.height, -1)
        or ranked.closing_rank <= coalesce(hidden_last.height, -1) as is_suppressed
    from ranked
    left join hidden as hidden_first
        on {{ in_block('hidden_first', 'ranked', 'ranked.metric_id', 'ranked.first_year') }}
    left join hidden as hidden_last
        on {{ in_block('hidden_last', 'ranked', 'ranked.metric_id', 'ranked.last_year') }}
),

final as (
    select
        metric_id, slice_kind, slice_code, grid_code, grid_version_id, grid_level,
        period_kind, period_start, period_end, basis, num, den, stat_value, is_suppressed,
        case when is_suppressed then 'small_cell' else reason end as reason,
        is_weighted, ci_low, ci_high
    from judged
)

select * from final
