-- One row per department and start of validity: the latest version received of each.
with latest as (
    {{ latest_reference('department', "dept_id, coalesce(valid_from, date '1900-01-01')") }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

final as (
    select
        latest.dept_id,
        latest.parent_dept_id,
        latest.name_zh,
        coalesce(latest.name_en, latest.name_zh) as name_en,
        coalesce(map_network.canonical_code, latest.network) as network,
        latest.aliases,
        coalesce(latest.valid_from, date '1900-01-01') as valid_from,
        coalesce(latest.valid_to, date '9999-12-31') as valid_to
    from latest
    left join code_map as map_network
        on
            map_network.contract = 'department'
            and map_network.code_set = 'network'
            and latest._system = map_network.system
            and latest.network = map_network.source_code
            and map_network.valid_to = date '9999-12-31'
)

select * from final
