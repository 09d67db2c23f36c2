with landed as (
    select * from {{ ref('stg_police__incident') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

all_versions as (
    select * from {{ ref('int_event_current') }}
),

targets as (
    {{ numbered_targets('police_incident') }}
),

final as (
    select {{ event_shape({
        'category_code': "landed.category_code",
        'case_class': "landed.case_nature",
        'has_class_split': "landed.is_class_split",
        'severity': "landed.severity",
        'intake_channel': "landed.intake_channel",
        'lead_dept_id': "coalesce(landed.station_dept_id, landed.bureau_dept_id)",
        'is_merged': "landed.merged_into_no is not null",
        'link_event_id': "targets.event_id",
        'terminal_state': "case when landed.outcome_code = 'transferred' and landed.finished_at is not null then 'TRANSFERRED' end",
        'reported_at': "landed.reported_at",
        'accepted_at': "landed.accepted_at",
        'registered_at': "coalesce(landed.accepted_at, landed.filed_at)",
        'filed_at': "landed.filed_at",
        'dispatched_at': "landed.dispatched_at",
        'arrived_at': "landed.arrived_at",
        'handled_at': "landed.finished_at",
        'decided_at': "landed.decided_at",
        'extended_to': "landed.extended_to",
        'extension_granted_at': "landed.extension_granted_at",
        'suspended_at': "landed.suspended_at",
        'resumed_at': "landed.resumed_at",
        'suspension_reason': "landed.suspension_reason",
        'closed_at': "landed.finished_at",
        'close_type': "landed.outcome_code"
    }) }}
    {{ landed_now() }}
    left join targets
        on
            landed.source_system = targets.source_system
            and landed.merged_into_no = targets.source_case_no
            and landed.event_id <> targets.event_id
)

select * from final
