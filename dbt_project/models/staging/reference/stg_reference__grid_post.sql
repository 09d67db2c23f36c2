-- One row per post and day from which it is filled: the latest version received of each. Posts, not who holds them.
with latest as (
    {{ latest_reference('grid_post', 'post_id, valid_from') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

final as (
    select
        latest.post_id,
        latest.grid_code,
        coalesce(map_role.canonical_code, 'UNMAPPED') as post_role,
        latest.valid_from,
        coalesce(latest.valid_to, date '9999-12-31') as valid_to
    from latest
    left join code_map as map_role
        on
            map_role.contract = 'grid_post'
            and map_role.code_set = 'post_role'
            and latest._system = map_role.system
            and latest.role = map_role.source_code
            and map_role.valid_to = date '9999-12-31'
)

select * from final
