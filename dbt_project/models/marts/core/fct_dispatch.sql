{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='event_id',
    touched=['staging', 'stg_ops__touched'],
    on_schema_change='fail'
) }}
-- Units called by a whistle: when they reported for duty, against when they had to, at their feed's own as_of.
with facts as (
    select * from {{ ref('fct_event') }}
    where
        event_kind = 'dispatch_whistle'
        and coalesce(not_counted_reason, '') <> 'deleted_at_source'
        and {{ only_touched('event_id') }}
),

landed as (
    select * from {{ ref('stg_grid__whistle') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

final as (
    select
        facts.event_id,
        landed.whistle_no,
        facts.source_case_no,
        case when facts.root_event_id <> facts.event_id then facts.root_event_id end as case_event_id,
        facts.partner_dept_id as issuing_dept_id,
        facts.lead_dept_id as called_dept_id,
        facts.case_class as unit_role,
        facts.severity,
        facts.grid_code,
        facts.reported_at as called_at,
        facts.arrived_at as reported_at,
        facts.deadline_at as due_at,
        case
            when facts.deadline_at is null then 'no_limit'
            when facts.arrived_at <= facts.deadline_at then 'met'
            when facts.arrived_at is not null then 'late'
            when facts.deadline_at < feeds.as_of then 'open_overdue'
            else 'open_in_time'
        end as outcome,
        facts.result
    from facts
    inner join landed
        on
            facts.event_id = landed.event_id
            and facts.source_file = landed.source_file
            and facts.source_record_no = landed.source_record_no
    inner join feeds on facts.feed = feeds.feed
)

select * from final
