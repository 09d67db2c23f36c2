-- Figures that are made anew with every build because they hang on more than the days of their period: what is open
-- at as_of, how many areas there are, what a rule of its own counts. They have no other basis: their map is of as_of.
{%- set key = 'metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end' %}
with stocks as (
    select * from {{ ref('int_metric_stock') }}
),

specials as (
    select * from {{ ref('int_metric_special') }}
    union all
    select * from {{ ref('int_metric_grid_count') }}
),

switches as (
    select * from {{ ref('int_metric_mode_switch') }}
),

final as (
    select {{ key }}, num, cast(null as bigint) as den, cast(null as double) as stat_value, is_weighted from stocks
    union all
    select {{ key }}, num, den, cast(null as double) as stat_value, false as is_weighted from specials
    union all
    select {{ key }}, cast(null as bigint) as num, den, stat_value, false as is_weighted from switches
)

select * from final
