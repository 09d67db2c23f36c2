-- Stocks at as_of.
with stock_areas as (
    select * from {{ ref('int_metric_stock_area') }}
),

repeat_points as (
    select * from {{ ref('int_metric_repeat_point') }}
),

hot_overlaps as (
    select * from {{ ref('int_metric_hot_overlap') }}
),

build_info as (
    select cast(as_of as date) as as_of_day from {{ ref('build_info') }}
),

cuts as (
    select * from {{ ref('ref_metric_cut') }}
),

stocks as (
    {%- for metric in register() if metric.family == 'stock' and not metric.sql %}
    {%- set metric_loop = loop %}
    {%- for slice_kind in metric.slices %}
    {% if not (metric_loop.first and loop.first) %}union all{% endif %}
    {{ metric_stock(metric, slice_kind) }}
    {%- endfor %}
    {%- endfor %}
    union all
    select metric_id, 'all' as slice_kind, 'all' as slice_code, grid_code, area_level, num, is_weighted
    from repeat_points
    union all
    select metric_id, 'all' as slice_kind, 'all' as slice_code, grid_code, area_level, num, is_weighted
    from hot_overlaps
),

final as (
    select
        stocks.metric_id, stocks.slice_kind, stocks.slice_code, stocks.grid_code, stocks.area_level,
        'day' as period_kind, build_info.as_of_day as period_start, build_info.as_of_day as period_end, stocks.num,
        stocks.is_weighted
    from stocks
    cross join build_info
    inner join cuts
        on
            stocks.metric_id = cuts.metric_id
            and stocks.slice_kind = cuts.slice_kind
            and stocks.area_level = cuts.grid_level
)

select * from final
