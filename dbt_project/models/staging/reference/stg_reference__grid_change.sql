-- Change notices as received, kinds and bases mapped: one row per notice, kind, day, lists of codes and basis.
with latest as (
    {{ latest_reference('grid_change', "notice_no, change_kind, effective_on, old_codes, new_codes, weight_basis") }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

final as (
    select
        latest._file || cast(latest._record_no as varchar) as change_id,
        latest.notice_no,
        coalesce(map_kind.canonical_code, latest.change_kind) as change_kind,
        latest.effective_on,
        latest.old_codes,
        latest.new_codes,
        latest.weights,
        coalesce(map_basis.canonical_code, latest.weight_basis) as weight_basis,
        coalesce(latest.source_notice, latest.notice_no) as source_notice
    from latest
    left join code_map as map_kind
        on
            map_kind.contract = 'grid_change'
            and map_kind.code_set = 'grid_change_kind'
            and latest._system = map_kind.system
            and latest.change_kind = map_kind.source_code
            and map_kind.valid_to = date '9999-12-31'
    left join code_map as map_basis
        on
            map_basis.contract = 'grid_change'
            and map_basis.code_set = 'grid_weight_basis'
            and latest._system = map_basis.system
            and latest.weight_basis = map_basis.source_code
            and map_basis.valid_to = date '9999-12-31'
)

select * from final
