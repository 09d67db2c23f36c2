with source as (
    select * from {{ source('raw', 'grid_assist') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

department_names as (
    select * from {{ ref('stg_reference__department_name') }}
),

final as (
    select
        {{ landed_identity('grid_assist') }},
        source.event_no,
        source.assisted_at,
        source.updated_at,
        {{ mapped('network') }} as network,
        {{ mapped('role') }} as assist_role,
        {{ mapped_department('agency') }} as agency_dept_id
    from source
    {{ code_join('grid_assist', 'network', 'network', 'assisted_at') }}
    {{ code_join('grid_assist', 'assist_role', 'role', 'assisted_at') }}
    {{ department_join('grid_assist', 'agency', 'assisted_at') }}
)

select * from final
