-- Figures that add up over areas, with what restating moves in and out.
{%- set key = 'metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end' %}
with sums as (
    select * from {{ ref('int_metric_sum') }}
),

backlogs as (
    select * from {{ ref('int_metric_backlog') }}
),

final as (
    select {{ key }}, {{ measures() }} from sums
    union all
    select {{ key }}, {{ measures() }} from backlogs
)

select * from final
