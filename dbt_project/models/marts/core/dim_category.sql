-- The canonical categories, and the one that stands for a code nobody mapped.
with code_names as (
    select * from {{ ref('stg_ops__code_name') }}
    where code_set = 'category'
),

domains as (
    select * from {{ ref('ref_category_domain') }}
),

named as (
    select canonical_code as category_code, name_zh, name_en from code_names
    union all
    select 'UNMAPPED' as category_code, '未映射' as name_zh, 'Unmapped code' as name_en
),

placed as (
    select
        category_code,
        {{ category_domain('category_code') }} as domain_code,
        name_zh,
        name_en
    from named
),

final as (
    select
        placed.category_code,
        placed.domain_code,
        placed.name_zh,
        placed.name_en,
        domains.is_public_safe
    from placed
    left join domains on placed.domain_code = domains.domain_code
)

select * from final
