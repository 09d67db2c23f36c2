-- A deadline that is a date holds until the end of that day.
with landed as (
    select * from {{ ref('stg_justice__court_case') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

final as (
    select
        {{ event_identity() }},
        landed.category_code,
        landed.case_type as case_class,
        landed.instance,
        cast(null as varchar) as severity,
        cast(null as varchar) as intake_channel,
        landed.court_dept_id as lead_dept_id,
        false as is_merged,
        cast(null as varchar) as link_event_id,
        cast(null as varchar) as void_reason,
        case
            when landed.disposition = 'withdrawn' then 'WITHDRAWN'
            when landed.disposition = 'transferred' then 'TRANSFERRED'
        end as terminal_state,
        cast(null as timestamp) as occurred_at,
        cast(coalesce(landed.received_on, landed.filed_on) as timestamp) as reported_at,
        cast(null as timestamp) as accepted_at,
        cast(landed.filed_on as timestamp) as registered_at,
        cast(landed.filed_on as timestamp) as filed_at,
        cast(null as timestamp) as dispatched_at,
        cast(null as timestamp) as arrived_at,
        cast(landed.closed_on as timestamp) as handled_at,
        cast(null as timestamp) as verified_at,
        cast(landed.closed_on as timestamp) as closed_at,
        false as is_closed_by_status,
        landed.disposition as close_type,
        cast(landed.deadline_on as timestamp) + interval '86399' second as deadline_at,
        cast(null as bigint) as persons_n,
        landed.claim_amount_yuan as amount_yuan,
        cast(null as varchar) as received_level
    from landed
    inner join current_versions
        on
            landed.event_id = current_versions.event_id
            and landed.source_file = current_versions.source_file
            and landed.source_record_no = current_versions.source_record_no
)

select * from final
