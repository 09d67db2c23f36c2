-- Petitions. Forms are kept apart: a visit is a batch of persons. A call-back written by the office and one of the
-- call-back feed are one pair of answers: the later one's.
with landed as (
    select * from {{ ref('stg_petition__matter') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

links as (
    select * from {{ ref('int_petition_link') }}
),

calls as (
    select * from {{ ref('int_callback_latest') }}
),

levels as (
    select * from {{ ref('ref_government_level') }}
    where effective_to = date '9999-12-31'
),

final as (
    select {{ event_shape(both({
        'category_code': "landed.category_code",
        'case_class': "landed.purpose",
        'intake_channel': "landed.intake_channel",
        'lead_dept_id': "coalesce(landed.lead_dept_id, landed.handler_dept_id)",
        'is_merged': "landed.merged_into_no is not null",
        'link_event_id': "links.merged_event_id",
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
        'extended_to': "landed.extended_to",
        'extension_granted_at': "landed.extension_granted_at",
        'suspended_at': "landed.suspended_at",
        'resumed_at': "landed.resumed_at",
        'suspension_reason': "landed.suspension_reason",
        'extension_n': "case when landed.deadline_at is not null then case when landed.extended_to > landed.deadline_at then 1 else 0 end end",
        'is_repeat': "landed.is_repeat_src = 'repeat'",
        'repeated_at': "links.repeated_at",
        'is_above_level': "landed.intake_channel = 'visit' and received.level_rank > competent.level_rank + 1",
        'is_group': "landed.intake_channel = 'visit' and landed.persons_n >= " ~ threshold('group_visit_persons'),
        'evaluation_due_at': end_of_day_after('landed.closed_at', threshold('petition_evaluation_days'))
    }, both(exemption(), latest_call()))) }}
    {{ landed_now() }}
    left join links on landed.event_id = links.event_id
    left join calls on landed.event_id = calls.event_id
    left join levels as received on landed.received_level = received.government_level
    left join levels as competent on landed.competent_level = competent.government_level
)

select * from final
