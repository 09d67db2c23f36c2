-- One row per grid and start of validity: the latest version received of each.
with latest as (
    {{ latest_reference('grid', "grid_code, coalesce(valid_from, date '1900-01-01')") }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

final as (
    select
        latest.grid_code,
        latest.parent_code,
        latest.name_zh,
        coalesce(latest.name_en, latest.name_zh) as name_en,
        coalesce(map_type.canonical_code, latest.grid_type) as grid_type,
        coalesce(map_authority.canonical_code, latest.code_authority) as code_authority,
        cast(latest.level as integer) as grid_level,
        latest.households,
        latest.geometry as geom_wkt,
        coalesce(latest.valid_from, date '1900-01-01') as valid_from,
        coalesce(latest.valid_to, date '9999-12-31') as valid_to
    from latest
    left join code_map as map_type
        on
            map_type.contract = 'grid'
            and map_type.code_set = 'grid_type'
            and latest._system = map_type.system
            and latest.grid_type = map_type.source_code
            and map_type.valid_to = date '9999-12-31'
    left join code_map as map_authority
        on
            map_authority.contract = 'grid'
            and map_authority.code_set = 'code_authority'
            and latest._system = map_authority.system
            and latest.code_authority = map_authority.source_code
            and map_authority.valid_to = date '9999-12-31'
)

select * from final
