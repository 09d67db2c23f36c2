-- A deadline that is a date holds until the end of that day. Clearing closes a hazard; transfer to enforcement does not
-- clear it.
with landed as (
    select * from {{ ref('stg_safety__hazard') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

final as (
    select {{ event_shape({
        'category_code': "landed.category_code",
        'severity': "landed.hazard_level",
        'intake_channel': "landed.intake_channel",
        'discovery': "case when landed.intake_channel = 'report' then 'reported' when landed.intake_channel is not null then 'found' end",
        'lead_dept_id': "landed.supervisor_dept_id",
        'partner_dept_id': "landed.transferred_to_dept_id",
        'terminal_state': "case when landed.cleared_at is null and landed.transferred_at is not null then 'TRANSFERRED' end",
        'occurred_at': "landed.found_at",
        'reported_at': "landed.found_at",
        'registered_at': "landed.found_at",
        'handled_at': "landed.rectified_at",
        'verified_at': "landed.rechecked_at",
        'closed_at': "landed.cleared_at",
        'deadline_at': "cast(landed.deadline_on as timestamp) + interval '86399' second",
        'rework_n': "case when landed.recheck_result = 'fail' then 1 when landed.recheck_result = 'pass' then 0 end",
        'is_repeat': "landed.repeat_of_no is not null"
    }) }}
    {{ landed_now() }}
)

select * from final
