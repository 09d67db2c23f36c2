with landed as (
    select * from {{ ref('stg_urban__case') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

all_versions as (
    select * from {{ ref('int_event_current') }}
),

targets as (
    {{ numbered_targets('urban_case') }}
),

final as (
    select {{ event_shape({
        'category_code': "landed.category_code",
        'case_class': "landed.item_type",
        'intake_channel': "landed.intake_channel",
        'lead_dept_id': "landed.handle_dept_id",
        'is_merged': "landed.duplicate_of_no is not null",
        'link_event_id': "targets.event_id",
        'void_reason': "case when landed.close_type = 'void' then 'void' when landed.native_status = 'duplicate' then 'duplicate' end",
        'terminal_state': "case when landed.close_type = 'forced' then 'FORCED_CLOSED' when landed.close_type = 'void' then 'REJECTED' end",
        'reported_at': "landed.reported_at",
        'accepted_at': "landed.accepted_at",
        'registered_at': "landed.registered_at",
        'dispatched_at': "landed.dispatched_at",
        'handled_at': "landed.handled_at",
        'verified_at': "landed.verified_at",
        'closed_at': "landed.closed_at",
        'is_closed_by_status': "coalesce(landed.native_status in ('closed', 'duplicate'), false)",
        'close_type': "landed.close_type",
        'deadline_at': "landed.deadline_at",
        'discovery': "case when landed.intake_channel in ('public', 'hotline_transfer') then 'reported' when landed.intake_channel is not null then 'found' end",
        'return_n': "landed.return_n",
        'rework_n': "landed.rework_n",
        'extension_n': "landed.extend_n",
        'extension_granted_at': "landed.extension_granted_at",
        'suspended_at': "landed.suspended_at",
        'resumed_at': "landed.resumed_at",
        'suspension_reason': "landed.suspension_reason",
        'limit_value': "landed.limit_value",
        'limit_type': "landed.limit_type",
        'satisfaction': "landed.satisfaction"
    }) }}
    {{ landed_now() }}
    left join targets
        on
            landed.source_system = targets.source_system
            and landed.duplicate_of_no = targets.source_case_no
            and landed.event_id <> targets.event_id
)

select * from final
