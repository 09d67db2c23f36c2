{{ config(materialized='table') }}
-- Residents by area, year and kind. Where an area has none of its own, the sum over its nearest descendants that have.
with given as (
    select * from {{ ref('stg_reference__population') }}
),

areas as (
    select * from {{ ref('int_grid_path') }}
    where is_latest
),

lineage as (
    {% for k in range(0, 6) -%}
    select grid_code, grid_level, path_{{ k }} as ancestor_code
    from areas
    where path_{{ k }} is not null and path_{{ k }} <> grid_code
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

below as (
    select
        lineage.ancestor_code as grid_code, lineage.grid_level, given.year, given.pop_kind, sum(given.value) as value
    from given
    inner join lineage on given.grid_code = lineage.grid_code
    group by lineage.ancestor_code, lineage.grid_level, given.year, given.pop_kind
),

nearest as (
    select
        *,
        row_number() over (partition by grid_code, year, pop_kind order by grid_level) as nearness
    from below
),

final as (
    select grid_code, year, pop_kind, cast(value as bigint) as value, 'given' as method
    from given
    union all
    select nearest.grid_code, nearest.year, nearest.pop_kind, cast(nearest.value as bigint) as value, 'summed' as method
    from nearest
    left join given
        on
            nearest.grid_code = given.grid_code
            and nearest.year = given.year
            and nearest.pop_kind = given.pop_kind
    where nearest.nearness = 1 and given.grid_code is null
)

select * from final
