{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['grid_code', 'day'],
    touched=['intermediate', 'int_metric_touched_position'],
    on_schema_change='fail'
) }}
-- What every figure that adds up is a sum of. Not published: cuts that the register does not publish are made from
-- here.
-- noqa: disable=LT02
with facts as (
    select * from {{ ref('fct_event') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

-- A dependency that the touched strategy reads by name.
touched as (
    select * from {{ ref('int_metric_touched_position') }}
),

events as (
    select facts.*, facts.restated_by = 'weight' as is_weighted, feeds.as_of as feed_as_of
    from facts
    inner join feeds on facts.feed = feeds.feed
    {% if is_incremental() %}
    where facts.grid_code in (select touched.grid_code from touched)
    {% endif %}
),

atoms as (
{%- for metric in additive_metrics() %}
{%- set metric_loop = loop %}
{%- for slice_kind in metric.slices + metric.slices_coarse %}
    {{ metric_atoms(metric, slice_kind) }}
    {% if not (metric_loop.last and loop.last) %}union all{% endif %}
{%- endfor %}
{%- endfor %}
),

final as (
    select * from atoms
    {% if is_incremental() %}
    where (grid_code, day) in (select (touched.grid_code, touched.day) from touched)
    {% endif %}
)

select * from final
