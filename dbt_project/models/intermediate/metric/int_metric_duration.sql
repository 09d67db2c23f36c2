{{ config(materialized='table') }}
-- How long the cases of the median figures took, in due months and years, with the areas they lie in; and for areas
-- whose cases may differ on today's map, with the areas they lie in today.
-- noqa: disable=LT02
{%- set said = 'due.metric_id, due.slice_kind, due.slice_code, due.time_grain, due.minutes, due.chunk_start' %}
with facts as (
    select * from {{ ref('fct_event') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

paths as (
    select * from {{ ref('int_grid_path') }}
),

touched as (
    select * from {{ ref('int_grid_touched') }}
),

days as (
    select * from {{ ref('int_metric_day') }}
),

spans as (
    select distinct chunk_start from {{ ref('int_metric_span') }}
),

events as (
    select facts.*, facts.restated_by = 'weight' as is_weighted, feeds.as_of as feed_as_of
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

due as (
    select durations.*, days.chunk_start
    from durations
    inner join days on durations.day = days.day
    where days.chunk_start in (select spans.chunk_start from spans)
),

final as (
    select
        'as_was' as basis, {{ said }},
        false as is_weighted,
        paths.path_0,
        paths.path_1,
        paths.path_2,
        paths.path_3
    from due
    -- An event without a place has no version; its pseudo-area has one.
    inner join paths on coalesce(due.grid_version_id, 'UNASSIGNED@1900-01-01') = paths.grid_version_id
    union all
    select
        'restated' as basis, {{ said }},
        due.is_weighted,
        {%- for k in range(0, 4) %}
        touched_{{ k }}.grid_code as path_{{ k }}{{ ',' if not loop.last }}
        {%- endfor %}
    from due
    inner join paths on due.restated_grid_code = paths.grid_code and paths.is_current
    {%- for k in range(0, 4) %}
    left join touched as touched_{{ k }} on paths.path_{{ k }} = touched_{{ k }}.grid_code
    {%- endfor %}
    where
        {%- for k in range(0, 4) %}
        {{ 'or ' if not loop.first }}touched_{{ k }}.grid_code is not null
        {%- endfor %}
)

select * from final
