-- Petitions and hotline orders: one family of requests, two registers. What one of them lacks is empty in its rows.
with petitions as (
    select * from {{ ref('stg_petition__matter') }}
),

orders as (
    select * from {{ ref('stg_petition__order') }}
),

current_versions as (
    select * from {{ ref('int_event_current') }}
),

landed as (
    select
        event_id, event_kind, source_file, source_record_no, handler_dept_id, deadline_at, contacted, solved,
        satisfaction, related_nos, merged_into_no,
        affected_n, review_at, rereview_at,
        cast(null as boolean) as answered_on_line, cast(null as bigint) as urge_n
    from petitions
    union all
    select
        event_id, event_kind, source_file, source_record_no, handler_dept_id, deadline_at, contacted, solved,
        satisfaction, related_nos, merged_into_no,
        cast(null as bigint) as affected_n, cast(null as timestamp) as review_at,
        cast(null as timestamp) as rereview_at,
        answered_on_line, urge_n
    from orders
),

final as (
    select
        landed.event_id,
        landed.event_kind,
        landed.handler_dept_id,
        landed.deadline_at as first_deadline_at,
        landed.contacted as office_contacted,
        landed.solved as office_solved,
        landed.satisfaction as office_satisfaction,
        landed.related_nos,
        landed.merged_into_no,
        landed.affected_n,
        landed.review_at,
        landed.rereview_at,
        landed.answered_on_line,
        landed.urge_n
    {{ landed_now() }}
)

select * from final
