-- The areas that can be a hot spot: the finest of the map in force down to the level of ref_threshold; none lies in
-- another. A micro-grid is a place in a grid and too small for a contrast of counts.
with mapped as (
    select * from {{ ref('int_grid_path') }}
    where is_current and grid_code <> 'UNASSIGNED' and grid_level <= {{ threshold('hot_spot_level') }}
),

parents as (
    select distinct parent_code from mapped
    where parent_code is not null
),

final as (
    select
        mapped.grid_code, mapped.grid_version_id, mapped.grid_level, mapped.parent_code, mapped.geom_wkt,
        mapped.households, mapped.path_0, mapped.path_1, mapped.path_2, mapped.path_3
    from mapped
    left join parents on mapped.grid_code = parents.parent_code
    where parents.parent_code is null
)

select * from final
