-- One row per metric, slice, area, period kind and first day: the latest version received of each.
with latest as (
    {{ latest_reference('target', 'metric_id, area_code, period_kind, valid_from, slice_kind, slice_code') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

final as (
    select
        latest.metric_id,
        latest.slice_kind,
        latest.slice_code,
        latest.area_code,
        coalesce(map_period.canonical_code, 'UNMAPPED') as period_kind,
        latest.valid_from,
        coalesce(latest.valid_to, date '9999-12-31') as valid_to,
        latest.target_value,
        latest.set_by,
        latest.source_text
    from latest
    left join code_map as map_period
        on
            map_period.contract = 'target'
            and map_period.code_set = 'period_kind'
            and latest._system = map_period.system
            and latest.period_kind = map_period.source_code
            and map_period.valid_to = date '9999-12-31'
)

select * from final
