-- What each delivery of the grid register said of each area: one row per feed, area, stated first day and delivery.
with latest as (
    {{ latest_reference('grid', "_feed, grid_code, valid_from, cast(extracted_at as date)") }}
),

feeds as (
    select * from {{ ref('stg_ops__feed') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

final as (
    select
        latest._feed as feed,
        feeds.delivery,
        latest.grid_code,
        latest.parent_code,
        latest.name_zh,
        coalesce(latest.name_en, latest.name_zh) as name_en,
        coalesce(map_type.canonical_code, latest.grid_type) as grid_type,
        coalesce(map_authority.canonical_code, latest.code_authority) as code_authority,
        cast(latest.level as integer) as grid_level,
        latest.households,
        latest.geometry as geom_wkt,
        latest.valid_from as stated_from,
        latest.valid_to as stated_to,
        coalesce(cast(latest.extracted_at as date), date '1900-01-01') as seen_on
    from latest
    inner join feeds on latest._feed = feeds.feed
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
