-- Names of the areas of a list of cases.
select grid_code, name_zh, name_en
from marts.dim_grid
where grid_code in (select unnest($codes::varchar[]))
qualify row_number() over (partition by grid_code order by is_current desc, valid_from desc) = 1
order by grid_code
