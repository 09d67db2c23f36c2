-- One unit's call. It must report for duty within a time that hangs on how urgent the matter is: so many minutes, or by
-- the end of so many working days after the day of the call.
with landed as (
    select * from {{ ref('stg_grid__whistle') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

all_versions as (
    select * from {{ ref('int_event_current') }}
),

targets as (
    {{ numbered_targets('grid_event') }}
),

limits as (
    select
        severity,
        day_basis,
        limit_value,
        limit_value * case limit_unit when 'hour' then 60 else 1 end as limit_minutes,
        effective_from,
        effective_to
    from {{ ref('ref_sla_rule') }}
    where sla_rule_id = 'WHS-1'
),

calendar as (
    select
        date_day,
        is_workday,
        sum(case when is_workday then 1 else 0 end) over (order by date_day) as workdays_so_far
    from {{ ref('int_calendar') }}
),

final as (
    select {{ event_shape({
        'category_code': "'9900'",
        'case_class': "landed.unit_role",
        'severity': "landed.severity",
        'lead_dept_id': "landed.called_dept_id",
        'partner_dept_id': "landed.issuing_dept_id",
        'about_event_id': "targets.event_id",
        'is_closed_by_status': "landed.result is not null",
        'reported_at': "landed.called_at",
        'arrived_at': "landed.reported_at",
        'deadline_at': "case limits.day_basis when 'W' then cast(due_days.date_day as timestamp) + interval '86399' second else landed.called_at + limits.limit_minutes * interval '1' minute end",
        'result': "landed.result"
    }) }}
    {{ landed_now() }}
    left join targets
        on landed.source_system = targets.source_system and landed.event_no = targets.source_case_no
    left join limits
        on
            landed.severity = limits.severity
            and cast(landed.called_at as date) >= limits.effective_from
            and cast(landed.called_at as date) < limits.effective_to
    left join calendar as called_days on cast(landed.called_at as date) = called_days.date_day
    left join calendar as due_days
        on
            due_days.is_workday
            and called_days.workdays_so_far + limits.limit_value = due_days.workdays_so_far
)

select * from final
