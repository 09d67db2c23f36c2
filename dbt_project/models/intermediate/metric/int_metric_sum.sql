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

chunk_starts as (
    select distinct chunk_start from {{ ref('int_metric_day') }}
),

spans as (
    select due.period_kind, due.period_start, due.period_end, chunk_starts.chunk_start
    from due
    inner join chunk_starts
        on chunk_starts.chunk_start >= due.period_start and chunk_starts.chunk_start <= due.period_end
    where due.period_kind <> 'day'
),

by_chunk as (
    select
        chunks.metric_id, chunks.slice_kind, chunks.slice_code, chunks.grid_code, chunks.area_level,
        spans.period_kind, spans.period_start, spans.period_end,
        sum(case when chunks.until_end <= spans.period_end then chunks.num else 0 end) as num,
        sum(chunks.den) as den
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

by_grid as (
    select
        grid_months.metric_id,
        grid_months.slice_kind,
        grid_months.slice_code,
        grid_months.grid_code,
        grid_months.area_level,
        due.period_kind, due.period_start, due.period_end,
        sum(case when grid_months.until_end <= due.period_end then grid_months.num else 0 end) as num,
        sum(grid_months.den) as den
    from grid_months
    inner join due
        on grid_months.month_start >= due.period_start and grid_months.month_start <= due.period_end
    where due.period_kind in ('month', 'year') and {{ coarse_enough('grid_months.time_grain', 'due.period_kind') }}
    group by
        grid_months.metric_id,
        grid_months.slice_kind,
        grid_months.slice_code,
        grid_months.grid_code,
        grid_months.area_level,
        due.period_kind, due.period_start, due.period_end
),

final as (
    select * from by_chunk
    union all
    select * from by_grid
    union all
    select * from located_days
)

select * from final
