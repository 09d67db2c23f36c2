-- Which source code meant which category, from when to when: the map that staging joined, for readers to check.
with code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

build_info as (
    select cast(as_of as date) as as_of_day from {{ ref('stg_ops__build_info') }}
),

final as (
    select
        code_map.contract as event_kind,
        code_map.system as source_system,
        code_map.source_code,
        code_map.valid_from,
        code_map.valid_to,
        code_map.canonical_code as category_code,
        code_map.valid_from <= build_info.as_of_day and code_map.valid_to > build_info.as_of_day as is_current
    from code_map
    cross join build_info
    where code_map.code_set = 'category'
)

select * from final
