-- Whether an area, by its code or by its name, is the whole city and no other. One row.
select coalesce(bool_and(areas.grid_code = info.root_code), false) as is_root
from marts.dim_grid as areas
cross join marts.build_info as info
where $area in (areas.grid_code, areas.name_zh, areas.name_en)
limit 1
