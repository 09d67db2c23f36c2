-- The areas as analytics/places.py takes them; the pseudo-area is no place.
with grids as (
    select * from {{ ref('int_grid_path') }}
),

final as (
    select grid_version_id, grid_code, grid_level, name_zh, name_en, parent_code, geom_wkt, valid_from, valid_to
    from grids
    where grid_code <> 'UNASSIGNED'
)

select * from final
