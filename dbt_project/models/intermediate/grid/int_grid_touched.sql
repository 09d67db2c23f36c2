{{ config(materialized='table') }}
-- The areas in force whose figures may differ between the hierarchy as it was and the one in force: those that cases
-- left or came to.
with moved as (
    select * from {{ ref('int_grid_moved') }}
),

codes as (
    {%- for k in range(0, 6) %}
    select old_path_{{ k }} as grid_code from moved
    union
    select new_path_{{ k }} as grid_code from moved
    {% if not loop.last %}union{% endif %}
    {%- endfor %}
),

current_areas as (
    select distinct grid_code from {{ ref('int_grid_path') }}
    where is_current
),

final as (
    select codes.grid_code
    from codes
    inner join current_areas on codes.grid_code = current_areas.grid_code
)

select * from final
