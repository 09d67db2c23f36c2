{{ config(materialized='table') }}
-- How long the cases of the median figures took, in due months and years, with the areas they lie in.
with facts as (
    select * from {{ ref('fct_event') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

paths as (
    select * from {{ ref('int_grid_path') }}
),

days as (
    select * from {{ ref('int_metric_day') }}
),

spans as (
    select distinct chunk_start from {{ ref('int_metric_span') }}
),

events as (
    select facts.*, feeds.as_of as feed_as_of
    from facts
    inner join feeds on facts.feed = feeds.feed
),

durations as (
    {%- for metric in median_metrics() %}
    {%- set metric_loop = loop %}
    {%- for slice_kind in metric.slices + metric.slices_coarse %}
    {{ metric_durations(metric, slice_kind) }}
    {% if not (metric_loop.last and loop.last) %}union all{% endif %}
    {%- endfor %}
    {%- endfor %}
),

final as (
    select
        durations.metric_id,
        durations.slice_kind,
        durations.slice_code,
        durations.time_grain,
        durations.minutes,
        days.chunk_start,
        paths.path_0,
        paths.path_1,
        paths.path_2,
        paths.path_3
    from durations
    inner join days on durations.day = days.day
    inner join paths
        on
            durations.grid_code = paths.grid_code
            and durations.day >= paths.span_from
            and durations.day < paths.span_to
    where days.chunk_start in (select spans.chunk_start from spans)
)

select * from final
