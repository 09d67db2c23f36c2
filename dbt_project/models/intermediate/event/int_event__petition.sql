with landed as (
    select * from {{ ref('stg_petition__matter') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

final as (
    select
        {{ event_identity() }},
        landed.category_code,
        landed.purpose as case_class,
        cast(null as varchar) as instance,
        cast(null as varchar) as severity,
        landed.intake_channel,
        coalesce(landed.lead_dept_id, landed.handler_dept_id) as lead_dept_id,
        false as is_merged,
        cast(null as varchar) as link_event_id,
        case
            when landed.close_type = 'withdrawn' and landed.accept_notice_at is null then 'withdrawn_before_acceptance'
        end as void_reason,
        case landed.close_type
            when 'withdrawn' then 'WITHDRAWN'
            when 'not_accepted' then 'REJECTED'
            when 'to_litigation' then 'TRANSFERRED'
        end as terminal_state,
        cast(null as timestamp) as occurred_at,
        landed.registered_at as reported_at,
        landed.accept_notice_at as accepted_at,
        landed.registered_at,
        cast(null as timestamp) as filed_at,
        landed.forwarded_at as dispatched_at,
        cast(null as timestamp) as arrived_at,
        landed.closed_at as handled_at,
        landed.callback_at as verified_at,
        landed.closed_at,
        false as is_closed_by_status,
        landed.close_type,
        coalesce(landed.extended_to, landed.deadline_at) as deadline_at,
        landed.persons_n,
        cast(null as double) as amount_yuan,
        landed.received_level
    from landed
    inner join current_versions
        on
            landed.event_id = current_versions.event_id
            and landed.source_file = current_versions.source_file
            and landed.source_record_no = current_versions.source_record_no
)

select * from final
