-- What happened within the follow-up days after a mediation hangs on the cases that name it. A date that is a limit
-- holds until the end of that day.
with landed as (
    select * from {{ ref('stg_dispute__mediation') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

followers as (
    select * from {{ ref('int_mediation_follower') }}
),

limits as (
    select cast({{ threshold('follow_up_days') }} as integer) as follow_up_days
),

final as (
    select {{ event_shape({
        'category_code': "landed.category_code",
        'case_class': "landed.committee_kind",
        'intake_channel': "landed.intake_channel",
        'discovery': "case when landed.intake_channel = 'active' then 'found' when landed.intake_channel is not null then 'reported' end",
        'lead_dept_id': "landed.committee_dept_id",
        'partner_dept_id': "landed.referred_by_dept_id",
        'terminal_state': "case when landed.result = 'withdrawn' then 'WITHDRAWN' end",
        'reported_at': "cast(landed.accepted_on as timestamp)",
        'accepted_at': "cast(landed.accepted_on as timestamp)",
        'registered_at': "cast(landed.accepted_on as timestamp)",
        'handled_at': "cast(coalesce(landed.agreed_on, landed.concluded_on) as timestamp)",
        'closed_at': "cast(coalesce(landed.concluded_on, landed.agreed_on) as timestamp)",
        'called_back_at': "cast(landed.callback_on as timestamp)",
        'performance_due_at': "cast(landed.due_on as timestamp) + interval '86399' second",
        'performed_at': "cast(landed.performed_on as timestamp)",
        'confirm_applied_at': "cast(landed.confirm_applied_on as timestamp)",
        'follow_up_end_at': "cast(" ~ add_days('coalesce(landed.concluded_on, landed.agreed_on)', 'limits.follow_up_days')
            ~ " as timestamp) + interval '86399' second",
        'next_step_at': "least(case when landed.next_step <> 'none' then cast(coalesce(landed.next_step_on, landed.concluded_on) as timestamp) end, followers.first_filed_at)",
        'lawsuit_filed_at': "followers.lawsuit_filed_at",
        'persons_n': "landed.persons_n",
        'amount_yuan': "landed.amount_yuan",
        'is_confirmed': "case when landed.confirm_applied_on is not null then landed.confirm_case_no is not null end",
        'result': "landed.result",
        'performance': "landed.performance",
        'next_step': "landed.next_step",
        'prevented_kind': "case when landed.prevented_confirmed_by is not null then landed.prevented_kind end"
    }) }}
    {{ landed_now() }}
    left join followers on landed.event_id = followers.event_id
    cross join limits
)

select * from final
