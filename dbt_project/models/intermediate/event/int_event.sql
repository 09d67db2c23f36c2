-- All feeds in one shape: what counts, what state a case is in, what is odd about it. Times stay as sent; an odd one
-- is flagged.
with unioned as (
    select * from {{ ref('int_event__police_incident') }}
    union all
    select * from {{ ref('int_event__urban_case') }}
    union all
    select * from {{ ref('int_event__petition') }}
    union all
    select * from {{ ref('int_event__court_case') }}
),

places as (
    select * from {{ ref('int_event_place') }}
),

judged as (
    select
        unioned.*,
        unioned.is_merged and unioned.link_event_id is not null as is_child,
        case
            when unioned.is_merged and unioned.link_event_id is not null then 'merged'
            else unioned.void_reason
        end as not_counted_reason,
        unioned.accepted_at < unioned.reported_at
        or unioned.registered_at < unioned.reported_at
        or unioned.dispatched_at < unioned.reported_at
        or unioned.arrived_at < unioned.dispatched_at
        or unioned.handled_at < unioned.reported_at
        or unioned.verified_at < unioned.handled_at
        or unioned.closed_at < unioned.reported_at
        or unioned.deadline_at < unioned.reported_at as has_time_order
    from unioned
),

final as (
    select
        judged.event_id,
        judged.event_kind,
        judged.feed,
        judged.source_system,
        judged.source_case_no,
        case when judged.is_child then judged.link_event_id else judged.event_id end as root_event_id,
        judged.category_code,
        {{ category_domain('judged.category_code') }} as category_domain,
        judged.case_class,
        judged.instance,
        judged.severity,
        judged.intake_channel,
        coalesce(places.grid_code, 'UNASSIGNED') as grid_code,
        places.grid_version_id,
        places.grid_level,
        coalesce(places.grid_resolution_method, 'none') as grid_resolution_method,
        coalesce(places.geo_conf, 'none') as geo_conf,
        judged.lead_dept_id,
        {{ event_state() }} as current_state,
        judged.occurred_at,
        judged.reported_at,
        judged.accepted_at,
        judged.registered_at,
        judged.filed_at,
        judged.dispatched_at,
        judged.arrived_at,
        judged.handled_at,
        judged.verified_at,
        judged.closed_at,
        judged.close_type,
        judged.deadline_at,
        coalesce(judged.time_precision, 'minute') as time_precision,
        judged.not_counted_reason is null as is_counted,
        judged.not_counted_reason,
        judged.persons_n,
        judged.amount_yuan,
        judged.received_level,
        judged.first_seen_at,
        judged.last_changed_at,
        {{ list_union(['judged.landing_flags', list_of([
            ('judged.has_key_conflict', 'key_conflict'),
            ('judged.has_time_order', 'time_order'),
            ("judged.category_code = 'UNMAPPED'", 'unmapped_category'),
            ("judged.lead_dept_id = 'UNMAPPED'", 'unmapped_department'),
            ("judged.intake_channel = 'UNMAPPED' or judged.severity = 'UNMAPPED' or judged.close_type = 'UNMAPPED' or judged.case_class = 'UNMAPPED'", 'unmapped_code'),
            ("judged.is_merged and judged.link_event_id is null", 'merge_target_missing'),
            ("coalesce(places.grid_code, 'UNASSIGNED') = 'UNASSIGNED'", 'unassigned')
        ])]) }} as dq_flags,
        judged.source_file,
        judged.source_record_no
    from judged
    left join places on judged.event_id = places.event_id
)

select * from final
