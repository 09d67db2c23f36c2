{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='cell_start',
    touched=['intermediate', 'int_metric_due_cell'],
    on_schema_change='fail'
) }}
-- Sums per area down to the community, per chunk. Each level is summed from the one below, not from the atoms again.
{%- set keys = 'metric_id, slice_kind, slice_code, time_grain, cell_start, chunk_start, chunk_end, until_end' %}
with located as (
    select * from {{ ref('int_metric_located') }}
),

build_info as (
    select root_code from {{ ref('build_info') }}
),

deep as (
    select distinct metric_id, slice_kind
    from {{ ref('ref_metric_cut') }}
    where grid_level = 3
),

level_3 as (
    select {{ keys }}, path_0, path_1, path_2, path_3, {{ summed_measures() }}
    from located
    where (metric_id, slice_kind) in (select (deep.metric_id, deep.slice_kind) from deep)
    group by {{ keys }}, path_0, path_1, path_2, path_3
),

level_2 as (
    select {{ keys }}, path_0, path_1, path_2, {{ summed_measures() }}
    from (
        select {{ keys }}, path_0, path_1, path_2, {{ measures() }} from level_3
        union all
        select {{ keys }}, path_0, path_1, path_2, {{ measures() }} from located
        where (metric_id, slice_kind) not in (select (deep.metric_id, deep.slice_kind) from deep)
    ) as both_depths
    group by {{ keys }}, path_0, path_1, path_2
),

level_1 as (
    select {{ keys }}, path_0, path_1, {{ summed_measures() }}
    from level_2
    group by {{ keys }}, path_0, path_1
),

level_0 as (
    select {{ keys }}, path_0, {{ summed_measures() }}
    from level_1
    group by {{ keys }}, path_0
),

roots as (
    select {{ keys }}, {{ summed_measures() }}
    from level_0
    group by {{ keys }}
),

areas as (
    {%- for level in [3, 2, 1, 0] %}
    select {{ keys }}, path_{{ level }} as grid_code, {{ level }} as area_level, {{ measures() }} from level_{{ level }}
    cross join build_info
    where path_{{ level }} is not null and path_{{ level }} <> root_code
    union all
    {%- endfor %}
    select {{ keys }}, root_code as grid_code, 0 as area_level, {{ measures() }} from roots
    cross join build_info
),

final as (
    select
        {{ keys }},
        grid_code,
        cast(area_level as integer) as area_level,
        {{ summed_measures() }}
    from areas
    -- What moved within the city is nothing at its root.
    where own_n > 0 or moved_num <> 0 or moved_den <> 0
    -- An area that came to lie in others above it has several lines to the root.
    group by {{ keys }}, grid_code, area_level
)

select * from final
