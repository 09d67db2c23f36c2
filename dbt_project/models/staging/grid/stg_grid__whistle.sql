with source as (
    select * from {{ source('raw', 'dispatch_whistle') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

department_names as (
    select * from {{ ref('stg_reference__department_name') }}
),

final as (
    select
        {{ landed_identity('dispatch_whistle') }},
        source.whistle_no,
        source.event_no,
        source.called_at,
        source.reported_at,
        source.updated_at,
        {{ mapped('severity') }} as severity,
        {{ mapped('unit_role') }} as unit_role,
        {{ mapped('result') }} as result,
        {{ mapped_department('issuing_unit') }} as issuing_dept_id,
        {{ mapped_department('called_unit') }} as called_dept_id
    from source
    {{ code_join('dispatch_whistle', 'severity', 'severity', 'called_at') }}
    {{ code_join('dispatch_whistle', 'unit_role', 'unit_role', 'called_at') }}
    {{ code_join('dispatch_whistle', 'whistle_result', 'result', 'called_at') }}
    {{ department_join('dispatch_whistle', 'issuing_unit', 'called_at') }}
    {{ department_join('dispatch_whistle', 'called_unit', 'called_at') }}
)

select * from final
