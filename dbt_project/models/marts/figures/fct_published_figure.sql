{{ config(materialized='table') }}
-- Printed figures: what whole numbers can lie behind each, and what this warehouse says where it knows the area.
with bounded as (
    select * from {{ ref('int_metric_printed_bound') }}
),

changes as (
    select * from {{ ref('fct_metric_change') }}
),

figures as (
    select metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end, num, den
    from {{ ref('fct_metric_value') }}
    where basis = 'as_was' and not is_suppressed
    union all
    select metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end, num, den
    from changes
    where basis = 'as_was' and not is_suppressed
),

metrics as (
    select * from {{ ref('ref_metric') }}
),

final as (
    select
        bounded.pub_figure_id, bounded.grid_code, bounded.place_zh, bounded.place_en, bounded.printed_on,
        bounded.what_zh, bounded.what_en, bounded.metric_id, bounded.slice_kind, bounded.slice_code,
        bounded.period_kind, bounded.period_start, bounded.period_end, bounded.comparator, bounded.printed_value,
        bounded.decimals, bounded.unit, bounded.printed_num, bounded.printed_den, bounded.status,
        case when bounded.feasible_from <= bounded.feasible_to then bounded.feasible_from end as feasible_from,
        case when bounded.feasible_from <= bounded.feasible_to then bounded.feasible_to end as feasible_to,
        case
            when not bounded.is_share then 'not_a_share'
            when bounded.feasible_from > bounded.feasible_to then 'infeasible'
            when bounded.printed_num < bounded.feasible_from or bounded.printed_num > bounded.feasible_to
                then 'numerator_contradicts'
            else 'feasible'
        end as audit_verdict,
        figures.num as our_num,
        figures.den as our_den,
        case
            when metrics.family in ('count', 'stock') then cast(figures.num * bounded.power_of_ten as bigint)
            when metrics.family = 'change' and figures.den > 0
                then
                    cast(sign(figures.num - figures.den) as bigint)
                    * {{ half_up_scaled(
                        'abs(figures.num - figures.den)', 'figures.den', 'metrics.scale', 'bounded.power_of_ten'
                    ) }}
            when figures.den > 0
                then {{ half_up_scaled('figures.num', 'figures.den', 'metrics.scale', 'bounded.power_of_ten') }}
        end as our_scaled,
        case when figures.metric_id is not null then bounded.printed_scaled end as printed_scaled,
        bounded.note_zh, bounded.note_en, bounded.evidence_tag
    from bounded
    left join metrics on bounded.metric_id = metrics.metric_id
    left join figures
        on
            bounded.metric_id = figures.metric_id
            and bounded.grid_code = figures.grid_code
            and bounded.slice_kind = figures.slice_kind
            and bounded.slice_code = figures.slice_code
            and bounded.period_kind = figures.period_kind
            and (
                (bounded.period_start = figures.period_start and bounded.period_end = figures.period_end)
                -- A stock is known at as_of: it answers an article of the days before.
                or (metrics.cohort = 'at_as_of' and bounded.period_end <= figures.period_end)
            )
)

select * from final
