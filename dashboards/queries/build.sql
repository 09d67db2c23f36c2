-- What was built, and where its areas begin. One row.
select build_id, as_of, root_code, city_zh, city_en, earliest
from marts.build_info
