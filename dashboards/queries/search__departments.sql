-- Departments of today by a part of their name or by their code.
select dept_id, name_zh, name_en
from marts.dim_department
where is_current and (contains(name_zh, $text) or contains(lower(name_en), lower($text)) or lower(dept_id) = lower($text))
order by dept_id
limit $most
