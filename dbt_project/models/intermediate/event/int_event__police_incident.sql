with landed as (
    select * from {{ ref('stg_police__incident') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

all_versions as (
    select * from {{ ref('int_event_current') }}
),

-- Where a number is reused, the lowest id stands for it: one target per number, or rows would multiply.
targets as (
    select source_system, source_case_no, min(event_id) as event_id
    from all_versions
    where event_kind = 'police_incident'
    group by source_system, source_case_no
),

final as (
    select
        {{ event_identity() }},
        landed.category_code,
        landed.case_nature as case_class,
        cast(null as varchar) as instance,
        landed.severity,
        landed.intake_channel,
        coalesce(landed.station_dept_id, landed.bureau_dept_id) as lead_dept_id,
        landed.merged_into_no is not null as is_merged,
        targets.event_id as link_event_id,
        cast(null as varchar) as void_reason,
        case when landed.outcome_code = 'transferred' and landed.finished_at is not null then 'TRANSFERRED' end
            as terminal_state,
        cast(null as timestamp) as occurred_at,
        landed.reported_at,
        landed.accepted_at,
        coalesce(landed.accepted_at, landed.filed_at) as registered_at,
        landed.filed_at,
        landed.dispatched_at,
        landed.arrived_at,
        landed.finished_at as handled_at,
        cast(null as timestamp) as verified_at,
        landed.finished_at as closed_at,
        false as is_closed_by_status,
        landed.outcome_code as close_type,
        cast(null as timestamp) as deadline_at,
        cast(null as bigint) as persons_n,
        cast(null as double) as amount_yuan,
        cast(null as varchar) as received_level
    from landed
    inner join current_versions
        on
            landed.event_id = current_versions.event_id
            and landed.source_file = current_versions.source_file
            and landed.source_record_no = current_versions.source_record_no
    left join targets
        on
            landed.source_system = targets.source_system
            and landed.merged_into_no = targets.source_case_no
            and landed.event_id <> targets.event_id
)

select * from final
