-- One row per organisation and start of validity: the latest version received of each.
with latest as (
    {{ latest_reference('organisation', "organisation_code, coalesce(valid_from, date '1900-01-01')") }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

final as (
    select
        latest.organisation_code,
        latest.name_zh,
        coalesce(latest.name_en, latest.name_zh) as name_en,
        case when latest.kind is not null then coalesce(map_kind.canonical_code, 'UNMAPPED') end as organisation_kind,
        latest.area_code as grid_code,
        coalesce(latest.valid_from, date '1900-01-01') as valid_from,
        coalesce(latest.valid_to, date '9999-12-31') as valid_to
    from latest
    left join code_map as map_kind
        on
            map_kind.contract = 'organisation'
            and map_kind.code_set = 'organisation_kind'
            and latest._system = map_kind.system
            and latest.kind = map_kind.source_code
            and map_kind.valid_to = date '9999-12-31'
)

select * from final
