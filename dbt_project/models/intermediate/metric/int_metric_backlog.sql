-- Rates by deadline that take in backlog: the sums of the same rate without it, and the cases that were due before the
-- period and still open at its start. Made anew at every build: a case is backlog in periods in which nothing happens.
with late_areas as (
    select * from {{ ref('int_metric_late_area') }}
),

chunks as (
    select * from {{ ref('int_metric_area_chunk') }}
),

cuts as (
    select * from {{ ref('ref_metric_cut') }}
),

metrics as (
    select metric_id, variant_of from {{ ref('ref_metric') }}
    where include_backlog
),

periods as (
    select * from {{ ref('int_metric_period') }}
),

counted as (
    select
        late.metric_id, late.area_code as grid_code, late.area_level, periods.period_kind, periods.period_start,
        periods.period_end, late.own_n, late.moved_n, late.is_weighted,
        case
            when late.counts_from >= periods.period_start and late.counts_from <= periods.period_end then 1
            else 0
        end as num
    from late_areas as late
    inner join cuts on late.metric_id = cuts.metric_id and late.area_level = cuts.grid_level
    inner join periods
        on
            cuts.period_kind = periods.period_kind
            and periods.period_start > late.due_day
            and (late.closed_day is null or periods.period_start <= late.closed_day)
    where {{ coarse_enough('late.time_grain', 'periods.period_kind') }}
),

before as (
    select
        metric_id, grid_code, area_level, period_kind, period_start, period_end,
        own_n, own_n * num as num, own_n as den, moved_n * num as moved_num, moved_n as moved_den,
        case when moved_n <> 0 and is_weighted then 1 else 0 end as weighted_n
    from counted
),

within as (
    select
        metrics.metric_id, chunks.grid_code, chunks.area_level, periods.period_kind, periods.period_start,
        periods.period_end, chunks.own_n,
        case when chunks.until_end <= periods.period_end then chunks.num else 0 end as num,
        chunks.den,
        case when chunks.until_end <= periods.period_end then chunks.moved_num else 0 end as moved_num,
        chunks.moved_den,
        chunks.weighted_n
    from metrics
    inner join cuts on metrics.metric_id = cuts.metric_id
    inner join chunks
        on metrics.variant_of = chunks.metric_id and chunks.slice_kind = 'all' and chunks.area_level = cuts.grid_level
    inner join periods
        on
            cuts.period_kind = periods.period_kind
            and periods.period_start <= chunks.chunk_start
            and periods.period_end >= chunks.chunk_start
    where {{ coarse_enough('chunks.time_grain', 'periods.period_kind') }}
),

both_parts as (
    select * from before
    union all
    select * from within
),

final as (
    select
        metric_id, 'all' as slice_kind, 'all' as slice_code, grid_code, area_level,
        period_kind, period_start, period_end,
        {{ summed_measures() }}
    from both_parts
    group by metric_id, grid_code, area_level, period_kind, period_start, period_end
)

select * from final
