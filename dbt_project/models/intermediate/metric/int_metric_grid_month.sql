{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='month_start',
    touched=['intermediate', 'int_metric_due_month'],
    on_schema_change='fail'
) }}
-- Sums per grid and micro-grid, per month: the only period besides the year that the register gives at those levels.
with located as (
    select * from {{ ref('int_metric_located') }}
),

cuts as (
    select distinct metric_id, slice_kind, grid_level
    from {{ ref('ref_metric_cut') }}
    where grid_level > 3
),

fine as (
    {%- for level in [4, 5] %}
    select
        located.metric_id,
        located.slice_kind,
        located.slice_code,
        located.time_grain,
        located.day,
        located.until_end,
        located.path_{{ level }} as grid_code,
        {{ level }} as area_level,
        {{ measures('located') }}
    from located
    inner join cuts
        on located.metric_id = cuts.metric_id and located.slice_kind = cuts.slice_kind and cuts.grid_level = {{ level }}
    where located.path_{{ level }} is not null
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

final as (
    select
        metric_id,
        slice_kind,
        slice_code,
        time_grain,
        cast(date_trunc('month', day) as date) as month_start,
        until_end,
        grid_code,
        area_level,
        {{ summed_measures() }}
    from fine
    group by
        metric_id,
        slice_kind,
        slice_code,
        time_grain,
        cast(date_trunc('month', day) as date),
        until_end,
        grid_code,
        area_level
)

select * from final
