with landed as (
    select * from {{ ref('stg_urban__case') }}
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
    where event_kind = 'urban_case'
    group by source_system, source_case_no
),

final as (
    select
        {{ event_identity() }},
        landed.category_code,
        landed.item_type as case_class,
        cast(null as varchar) as instance,
        cast(null as varchar) as severity,
        landed.intake_channel,
        landed.handle_dept_id as lead_dept_id,
        landed.duplicate_of_no is not null as is_merged,
        targets.event_id as link_event_id,
        case when landed.close_type = 'void' then 'void' when landed.native_status = 'duplicate' then 'duplicate' end
            as void_reason,
        case
            when landed.close_type = 'forced' then 'FORCED_CLOSED'
            when landed.close_type = 'void' then 'REJECTED'
        end as terminal_state,
        cast(null as timestamp) as occurred_at,
        landed.reported_at,
        landed.accepted_at,
        landed.registered_at,
        cast(null as timestamp) as filed_at,
        landed.dispatched_at,
        cast(null as timestamp) as arrived_at,
        landed.handled_at,
        landed.verified_at,
        landed.closed_at,
        coalesce(landed.native_status in ('closed', 'duplicate'), false) as is_closed_by_status,
        landed.close_type,
        landed.deadline_at,
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
            and landed.duplicate_of_no = targets.source_case_no
            and landed.event_id <> targets.event_id
)

select * from final
