with organisations as (
    select * from {{ ref('stg_reference__organisation') }}
),

codes as (
    select * from {{ ref('int_grid_code_now') }}
),

build_info as (
    select * from {{ ref('stg_ops__build_info') }}
),

final as (
    select
        organisations.organisation_code || '@' || cast(organisations.valid_from as varchar) as organisation_version_id,
        organisations.organisation_code,
        organisations.name_zh,
        organisations.name_en,
        organisations.organisation_kind,
        organisations.grid_code,
        codes.current_code as restated_grid_code,
        organisations.valid_from,
        organisations.valid_to,
        organisations.valid_from <= cast(build_info.as_of as date)
        and organisations.valid_to > cast(build_info.as_of as date) as is_current
    from organisations
    cross join build_info
    left join codes on organisations.grid_code = codes.grid_code
)

select * from final
