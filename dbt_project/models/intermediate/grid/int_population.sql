{{ config(materialized='table') }}
-- Residents by area, year and kind, as it was at the end of each year. Where an area has none of its own, the sum over
-- its nearest descendants that have.
-- noqa: disable=LT02
with given as (
    select * from {{ ref('stg_reference__population') }}
),

areas as (
    select * from {{ ref('int_grid_path') }}
),

placed as (
    select
        given.*, areas.grid_level
        {%- for k in range(0, 6) %},
        areas.path_{{ k }}
        {%- endfor %}
    from given
    inner join areas
        on
            given.grid_code = areas.grid_code
            and {{ last_day_of('given.year') }} >= areas.span_from
            and {{ last_day_of('given.year') }} < areas.span_to
),

final as (
    {{ summed_population('given', 'placed') }}
)

select * from final
