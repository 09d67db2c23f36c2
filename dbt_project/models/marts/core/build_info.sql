with build_info as (
    select * from {{ ref('stg_ops__build_info') }}
),

final as (
    select build_id, as_of, mode, city, city_zh, city_en, root_code, project_version, fingerprint, earliest
    from build_info
)

select * from final
