-- The areas directly inside one, in the order of their codes.
select grid_code, name_zh, name_en, grid_level, geom_wkt
from marts.dim_grid
where parent_code = $area and grid_code <> $area and (is_current or grid_code = 'UNASSIGNED')
qualify row_number() over (partition by grid_code order by valid_from desc) = 1
order by grid_code = 'UNASSIGNED', grid_code
