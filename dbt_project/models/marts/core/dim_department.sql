with departments as (
    select * from {{ ref('stg_reference__department') }}
),

build_info as (
    select * from {{ ref('stg_ops__build_info') }}
),

final as (
    select
        departments.dept_id || '@' || cast(departments.valid_from as varchar) as dept_version_id,
        departments.dept_id,
        departments.name_zh,
        departments.name_en,
        departments.parent_dept_id,
        departments.network,
        departments.valid_from,
        departments.valid_to,
        departments.valid_from <= cast(build_info.as_of as date)
        and departments.valid_to > cast(build_info.as_of as date) as is_current
    from departments
    cross join build_info
)

select * from final
