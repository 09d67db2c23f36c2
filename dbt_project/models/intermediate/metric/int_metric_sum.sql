-- Figures that add up, per area and due period. A case known to the month enters no week; a numerator that comes
-- true later enters only periods that end later.
with chunks as (
    select * from {{ ref('int_metric_area_chunk') }}
),

grid_months as (
    select * from {{ ref('int_metric_grid_month') }}
),

located_days as (
    select * from {{ ref('int_metric_area_day') }}
),

due as (
    select * from {{ ref('int_metric_due_period') }}
),

cuts as (
    select * from {{ ref('ref_metric_cut') }}
),

spans as (
    select * from {{ ref('int_metric_span') }}
),

by_chunk as (
    select
        chunks.metric_id, chunks.slice_kind, chunks.slice_code, chunks.grid_code, chunks.area_level,
        spans.period_kind, spans.period_start, spans.period_end,
        {{ summed_measures('chunks.until_end <= spans.period_end', 'chunks') }}
    from chunks
    inner join spans on chunks.chunk_start = spans.chunk_start
    inner join cuts
        on
            chunks.metric_id = cuts.metric_id
            and chunks.slice_kind = cuts.slice_kind
            and chunks.area_level = cuts.grid_level
            and spans.period_kind = cuts.period_kind
    where {{ coarse_enough('chunks.time_grain', 'spans.period_kind') }}
    group by
        chunks.metric_id, chunks.slice_kind, chunks.slice_code, chunks.grid_code, chunks.area_level,
        spans.period_kind, spans.period_start, spans.period_end
),

by_month as (
    select
        *,
        'month' as period_kind,
        month_start as period_start
    from grid_months
    union all
    select
        *,
        'year' as period_kind,
        cast(date_trunc('year', month_start) as date) as period_start
    from grid_months
),

by_grid as (
    select
        by_month.metric_id,
        by_month.slice_kind,
        by_month.slice_code,
        by_month.grid_code,
        by_month.area_level,
        due.period_kind,
        due.period_start,
        due.period_end,
        {{ summed_measures('by_month.until_end <= due.period_end', 'by_month') }}
    from by_month
    inner join due on by_month.period_kind = due.period_kind and by_month.period_start = due.period_start
    where {{ coarse_enough('by_month.time_grain', 'due.period_kind') }}
    group by
        by_month.metric_id,
        by_month.slice_kind,
        by_month.slice_code,
        by_month.grid_code,
        by_month.area_level,
        due.period_kind,
        due.period_start,
        due.period_end
),

final as (
    select * from by_chunk
    union all
    select * from by_grid
    union all
    select * from located_days
)

select * from final
