-- A deadline that is a date holds until the end of that day.
with landed as (
    select * from {{ ref('stg_justice__labour_arbitration') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

final as (
    select {{ event_shape({
        'category_code': "landed.category_code",
        'lead_dept_id': "landed.commission_dept_id",
        'terminal_state': "case when landed.disposition = 'withdrawn' then 'WITHDRAWN' when landed.disposition = 'transferred' then 'TRANSFERRED' end",
        'reported_at': "cast(coalesce(landed.received_on, landed.filed_on) as timestamp)",
        'accepted_at': "cast(landed.filed_on as timestamp)",
        'registered_at': "cast(landed.filed_on as timestamp)",
        'filed_at': "cast(landed.filed_on as timestamp)",
        'handled_at': "cast(landed.closed_on as timestamp)",
        'closed_at': "cast(landed.closed_on as timestamp)",
        'close_type': "landed.disposition",
        'deadline_at': "cast(landed.deadline_on as timestamp) + interval '86399' second",
        'amount_yuan': "landed.claim_amount_yuan"
    }) }}
    {{ landed_now() }}
)

select * from final
