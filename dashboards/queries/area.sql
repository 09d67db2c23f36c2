-- One area with the areas that hold it, from the outermost. One row per area of the way.
with here as (
    select * from marts.dim_grid
    where grid_code = $area
    order by is_current desc, valid_from desc
    limit 1
),

way as (
    select unnest([path_0, path_1, path_2, path_3, path_4, path_5]) as grid_code from here
    union
    select $root as grid_code
    union
    select grid_code from here
)

select areas.grid_code, areas.name_zh, areas.name_en, areas.grid_level, areas.parent_code
from marts.dim_grid as areas
inner join way on areas.grid_code = way.grid_code
where areas.grid_level <= (select grid_level from here)
qualify row_number() over (partition by areas.grid_code order by areas.is_current desc, areas.valid_from desc) = 1
order by areas.grid_level, areas.grid_code
