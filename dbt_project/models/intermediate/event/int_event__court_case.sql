-- A deadline that is a date holds until the end of that day.
with landed as (
    select * from {{ ref('stg_justice__court_case') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

final as (
    select {{ event_shape({
        'category_code': "landed.category_code",
        'case_class': "landed.case_type",
        'instance': "landed.instance",
        'lead_dept_id': "landed.court_dept_id",
        'terminal_state': "case when landed.disposition = 'withdrawn' then 'WITHDRAWN' when landed.disposition = 'transferred' then 'TRANSFERRED' end",
        'reported_at': "cast(coalesce(landed.received_on, landed.filed_on) as timestamp)",
        'registered_at': "cast(landed.filed_on as timestamp)",
        'filed_at': "cast(landed.filed_on as timestamp)",
        'handled_at': "cast(landed.closed_on as timestamp)",
        'closed_at': "cast(landed.closed_on as timestamp)",
        'close_type': "landed.disposition",
        'deadline_at': "cast(landed.deadline_on as timestamp) + interval '86399' second",
        'extended_to': "cast(landed.extended_to as timestamp) + interval '86399' second",
        'extension_granted_at': "cast(landed.extension_granted_on as timestamp)",
        'suspended_at': "cast(landed.suspended_on as timestamp)",
        'resumed_at': "cast(landed.resumed_on as timestamp)",
        'suspension_reason': "landed.suspension_reason",
        'excluded_days': "landed.excluded_days",
        'procedure': "landed.procedure",
        'amount_yuan': "landed.claim_amount_yuan"
    }) }}
    {{ landed_now() }}
)

select * from final
