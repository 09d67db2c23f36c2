with landed as (
    select * from {{ ref('stg_petition__matter') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

final as (
    select {{ event_shape({
        'category_code': "landed.category_code",
        'case_class': "landed.purpose",
        'intake_channel': "landed.intake_channel",
        'lead_dept_id': "coalesce(landed.lead_dept_id, landed.handler_dept_id)",
        'void_reason': "case when landed.close_type = 'withdrawn' and landed.accept_notice_at is null then 'withdrawn_before_acceptance' end",
        'terminal_state': "case landed.close_type when 'withdrawn' then 'WITHDRAWN' when 'not_accepted' then 'REJECTED' when 'to_litigation' then 'TRANSFERRED' end",
        'reported_at': "landed.registered_at",
        'accepted_at': "landed.accept_notice_at",
        'registered_at': "landed.registered_at",
        'dispatched_at': "landed.forwarded_at",
        'handled_at': "landed.closed_at",
        'verified_at': "landed.callback_at",
        'closed_at': "landed.closed_at",
        'close_type': "landed.close_type",
        'deadline_at': "coalesce(landed.extended_to, landed.deadline_at)",
        'persons_n': "landed.persons_n",
        'received_level': "landed.received_level",
        'competent_level': "landed.competent_level",
        'return_n': "landed.return_n",
        'extension_n': "case when landed.deadline_at is not null then case when landed.extended_to > landed.deadline_at then 1 else 0 end end",
        'is_repeat': "landed.is_repeat_src = 'repeat'",
        'is_exempt': "coalesce(landed.exempt_flag, false)",
        'called_back_at': "landed.callback_at",
        'is_contacted': "landed.contacted",
        'is_solved': "landed.solved",
        'satisfaction': "landed.satisfaction"
    }) }}
    {{ landed_now() }}
)

select * from final
