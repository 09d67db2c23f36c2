with source as (
    select * from {{ source('raw', 'police_incident') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

department_names as (
    select * from {{ ref('stg_reference__department_name') }}
),

final as (
    select
        {{ landed_identity('police_incident') }},
        source.lon,
        source.lat,
        source.grid_code,
        source.community_name,
        source.reported_at,
        source.dispatched_at,
        source.arrived_at,
        source.finished_at,
        source.accepted_at,
        source.filed_at,
        source.decided_at,
        source.extended_to,
        source.extension_granted_at,
        source.suspended_at,
        source.resumed_at,
        source.is_repeat_call,
        source.merged_into_no,
        source.updated_at,
        {{ mapped('suspension_reason') }} as suspension_reason,
        {{ mapped('intake_channel') }} as intake_channel,
        {{ mapped('severity') }} as severity,
        {{ mapped('outcome_code') }} as outcome_code,
        {{ mapped('case_nature') }} as case_nature,
        {{ mapped('feedback_class_code') }} as feedback_category_code,
        {{ mapped_category(['class_l4_code', 'class_l3_code', 'class_l2_code', 'class_l1_code']) }}
            as reported_category_code,
        {{ class_split(['class_l4_code', 'class_l3_code', 'class_l2_code', 'class_l1_code']) }} as is_class_split,
        {{ mapped_department('station_name') }} as station_dept_id,
        {{ mapped_department('bureau_name') }} as bureau_dept_id,
        {{ mapped_category([
            'feedback_class_code', 'class_l4_code', 'class_l3_code', 'class_l2_code', 'class_l1_code'
        ]) }} as category_code
    from source
    {{ code_join('police_incident', 'pause_kind', 'suspension_reason', 'reported_at') }}
    {{ code_join('police_incident', 'channel', 'intake_channel', 'reported_at') }}
    {{ code_join('police_incident', 'severity', 'severity', 'reported_at') }}
    {{ code_join('police_incident', 'police_outcome', 'outcome_code', 'reported_at') }}
    {{ code_join('police_incident', 'case_nature', 'case_nature', 'reported_at') }}
    {{ department_join('police_incident', 'station_name', 'reported_at') }}
    {{ department_join('police_incident', 'bureau_name', 'reported_at') }}
    {{ code_join('police_incident', 'category', 'feedback_class_code', 'reported_at') }}
    {{ code_join('police_incident', 'category', 'class_l4_code', 'reported_at') }}
    {{ code_join('police_incident', 'category', 'class_l3_code', 'reported_at') }}
    {{ code_join('police_incident', 'category', 'class_l2_code', 'reported_at') }}
    {{ code_join('police_incident', 'category', 'class_l1_code', 'reported_at') }}
)

select * from final
