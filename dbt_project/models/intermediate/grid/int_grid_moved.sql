{{ config(materialized='table') }}
-- For each past version and the area in force in which its cases lie today: the areas above that are not the same, old
-- and new, level by level. Where nothing differs there is no row.
-- noqa: disable=LT02
with versions as (
    select * from {{ ref('int_grid_path') }}
),

restated as (
    select * from {{ ref('int_grid_restated') }}
),

build_info as (
    select cast(as_of as date) as as_of_day from {{ ref('stg_ops__build_info') }}
),

pairs as (
    select past.*, coalesce(restated.to_code, past.grid_code) as restated_grid_code
    from versions as past
    cross join build_info
    left join restated on past.grid_version_id = restated.grid_version_id
    where not past.is_current and past.valid_from <= build_info.as_of_day
),

final as (
    select
        pairs.grid_version_id,
        pairs.restated_grid_code
        {%- for k in range(0, 6) %},
        case when {{ differs('pairs.path_' ~ k, 'today.path_' ~ k) }} then pairs.path_{{ k }} end as old_path_{{ k }},
        case when {{ differs('pairs.path_' ~ k, 'today.path_' ~ k) }} then today.path_{{ k }} end as new_path_{{ k }}
        {%- endfor %}
    from pairs
    inner join versions as today on pairs.restated_grid_code = today.grid_code and today.is_current
    where
        {%- for k in range(0, 6) %}
        {% if not loop.first %}or {% endif %}{{ differs('pairs.path_' ~ k, 'today.path_' ~ k) }}
        {%- endfor %}
)

select * from final
