-- One row per area, mode and start: the latest version received of each.
with latest as (
    {{ latest_reference('operating_mode', 'scope_code, mode, valid_from') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

final as (
    select
        latest.scope_code,
        coalesce(map_mode.canonical_code, 'UNMAPPED') as operating_mode,
        latest.valid_from,
        latest.valid_to
    from latest
    left join code_map as map_mode
        on
            map_mode.contract = 'operating_mode'
            and map_mode.code_set = 'operating_mode'
            and latest._system = map_mode.system
            and latest.mode = map_mode.source_code
            and map_mode.valid_to = date '9999-12-31'
)

select * from final
