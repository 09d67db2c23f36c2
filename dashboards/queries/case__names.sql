-- What the codes in a list of cases are called.
select 'category' as code_kind, category_code as code, name_zh, name_en from marts.dim_category
union all
select 'department' as code_kind, dept_id as code, name_zh, name_en from marts.dim_department where is_current
union all
select 'feed' as code_kind, contract as code, title_zh as name_zh, title_en as name_en from marts.dim_feed
