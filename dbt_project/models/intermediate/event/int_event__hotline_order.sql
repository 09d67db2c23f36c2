-- Hotline orders. What was answered on the line is an event and no request. An order that names a petition is the same
-- matter there: both departments keep their case, the petition is the root.
with landed as (
    select * from {{ ref('stg_petition__order') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

all_versions as (
    select * from {{ ref('int_event_current') }}
),

targets as (
    {{ numbered_targets('hotline_order') }}
),

links as (
    select * from {{ ref('int_petition_link') }}
),

calls as (
    select * from {{ ref('int_callback_latest') }}
),

matters as (
    select named.event_id, min(coalesce(links.merged_event_id, links.event_id)) as petition_event_id
    from {{ members('landed', 'related_nos', 'related_no') }} as named
    inner join current_versions
        on
            named.event_id = current_versions.event_id
            and named.source_file = current_versions.source_file
            and named.source_record_no = current_versions.source_record_no
    inner join links on named.related_no = links.source_case_no
    group by named.event_id
),

final as (
    select {{ event_shape(both({
        'category_code': "landed.category_code",
        'case_class': "landed.purpose",
        'intake_channel': "landed.intake_channel",
        'lead_dept_id': "coalesce(landed.lead_dept_id, landed.handler_dept_id)",
        'is_merged': "landed.merged_into_no is not null",
        'link_event_id': "targets.event_id",
        'about_event_id': "matters.petition_event_id",
        'void_reason': "case when landed.purpose = 'invalid' and landed.dispatched_at is null then 'invalid' end",
        'terminal_state': "case landed.close_type when 'withdrawn' then 'WITHDRAWN' when 'not_accepted' then 'REJECTED' when 'to_litigation' then 'TRANSFERRED' end",
        'reported_at': "landed.registered_at",
        'registered_at': "landed.registered_at",
        'dispatched_at': "landed.dispatched_at",
        'acknowledged_at': "landed.acknowledged_at",
        'first_contact_at': "landed.first_contact_at",
        'handled_at': "landed.closed_at",
        'verified_at': "landed.callback_at",
        'closed_at': "landed.closed_at",
        'close_type': "landed.close_type",
        'deadline_at': "coalesce(landed.extended_to, landed.deadline_at)",
        'return_n': "landed.return_n",
        'extended_to': "landed.extended_to",
        'extension_n': "case when landed.deadline_at is not null then case when landed.extended_to > landed.deadline_at then 1 else 0 end end",
        'is_repeat': "landed.is_repeat_src = 'repeat'",
        'is_self_handled': "coalesce(landed.answered_on_line, landed.dispatched_at is null and landed.closed_at is not null)"
    }, both(exemption(), latest_call()))) }}
    {{ landed_now() }}
    left join targets
        on
            landed.source_system = targets.source_system
            and landed.merged_into_no = targets.source_case_no
            and landed.event_id <> targets.event_id
    left join matters on landed.event_id = matters.event_id
    left join calls on landed.event_id = calls.event_id
)

select * from final
