-- Rates by deadline that take in backlog: the sums of the same rate without it, and the cases that were due before the
-- period and still open at its start. Made anew at every build: a case is backlog in periods in which nothing happens.
with facts as (
    select * from {{ ref('fct_event') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

paths as (
    select * from {{ ref('int_grid_path') }}
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

build_info as (
    select root_code from {{ ref('build_info') }}
),

periods as (
    select * from {{ ref('int_metric_period') }}
),

events as (
    select facts.*, feeds.as_of as feed_as_of
    from facts
    inner join feeds on facts.feed = feeds.feed
),

late_cases as (
    {%- for metric in backlog_metrics() %}
    {{ metric_late_cases(metric) }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

-- A case is backlog of the areas it was due in.
late_areas as (
    {%- for level in [3, 2, 1, 0] %}
    select late_cases.*, paths.path_{{ level }} as area_code, {{ level }} as area_level
    from late_cases
    inner join paths
        on
            late_cases.grid_code = paths.grid_code
            and late_cases.due_day >= paths.span_from
            and late_cases.due_day < paths.span_to
    cross join build_info
    where paths.path_{{ level }} is not null and paths.path_{{ level }} <> build_info.root_code
    union all
    {%- endfor %}
    select late_cases.*, build_info.root_code as area_code, 0 as area_level
    from late_cases
    cross join build_info
),

before as (
    select
        late.metric_id, late.area_code as grid_code, late.area_level, periods.period_kind, periods.period_start,
        periods.period_end,
        case
            when late.counts_from >= periods.period_start and late.counts_from <= periods.period_end then 1
            else 0
        end as num,
        1 as den
    from late_areas as late
    inner join cuts on late.metric_id = cuts.metric_id and late.area_level = cuts.grid_level
    inner join periods
        on
            cuts.period_kind = periods.period_kind
            and periods.period_start > late.due_day
            and (late.closed_day is null or periods.period_start <= late.closed_day)
    where {{ coarse_enough('late.time_grain', 'periods.period_kind') }}
),

within as (
    select
        metrics.metric_id, chunks.grid_code, chunks.area_level, periods.period_kind, periods.period_start,
        periods.period_end,
        case when chunks.until_end <= periods.period_end then chunks.num else 0 end as num,
        chunks.den
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
        sum(num) as num, sum(den) as den
    from both_parts
    group by metric_id, grid_code, area_level, period_kind, period_start, period_end
)

select * from final
