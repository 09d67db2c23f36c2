-- What the codes of slices are called, by kind of slice.
select 'category' as slice_kind, category_code as code, name_zh, name_en from marts.dim_category
union all
select 'domain' as slice_kind, domain_code as code, name_zh, name_en from marts.ref_category_domain
union all
select 'department' as slice_kind, dept_id as code, name_zh, name_en from marts.dim_department where is_current
union all
select 'event_kind' as slice_kind, event_kind as code, name_zh, name_en from marts.ref_event_kind
union all
select 'feed' as slice_kind, feed as code, title_zh as name_zh, title_en as name_en from marts.dim_feed
union all
select 'age_band' as slice_kind, age_band as code, name_zh, name_en from marts.ref_age_band
union all
select 'grid_level' as slice_kind, grid_level::varchar as code, name_zh, name_en from marts.ref_grid_level
union all
select 'handling_level' as slice_kind, grid_level::varchar as code, name_zh, name_en from marts.ref_grid_level
union all
select
    case code_set
        when 'government_level' then 'received_level'
        when 'committee_kind' then 'class'
        else code_set
    end as slice_kind,
    canonical_code as code, name_zh, name_en
from marts.code_name
where code_set in ('channel', 'exempt_reason', 'government_level', 'committee_kind')
order by slice_kind, code
