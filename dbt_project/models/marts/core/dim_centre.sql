with centres as (
    select * from {{ ref('stg_reference__centre') }}
),

codes as (
    select * from {{ ref('int_grid_code_now') }}
),

build_info as (
    select * from {{ ref('stg_ops__build_info') }}
),

final as (
    select
        centres.centre_code || '@' || cast(centres.valid_from as varchar) as centre_version_id,
        centres.centre_code,
        centres.name_zh,
        centres.name_en,
        centres.grid_code,
        codes.current_code as restated_grid_code,
        centres.grid_level,
        centres.zones,
        centres.valid_from,
        centres.valid_to,
        centres.valid_from <= cast(build_info.as_of as date)
        and centres.valid_to > cast(build_info.as_of as date) as is_current
    from centres
    cross join build_info
    left join codes on centres.grid_code = codes.grid_code
)

select * from final
