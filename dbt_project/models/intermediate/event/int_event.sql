-- All feeds in one shape: what counts, what state a case is in, what is odd about it. Times stay as sent; an odd one
-- is flagged.
with unioned as (
    {%- for kind in event_kinds() %}
    select *, {{ 'event_id' if kind.place else 'about_event_id' }} as place_event_id
    from {{ ref('int_event__' ~ kind.kind) }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

places as (
    select * from {{ ref('int_event_place') }}
),

native as (
    select * from {{ ref('ref_native_stage') }}
),

needed as (
    {{ needed_stages() }}
),

judged as (
    select
        unioned.*,
        unioned.is_merged and unioned.link_event_id is not null as is_child,
        case
            when {{ is_deleted_at_source('unioned.landing_flags') }} then 'deleted_at_source'
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
        case when judged.is_child then judged.link_event_id else coalesce(judged.about_event_id, judged.event_id) end
            as root_event_id,
        {%- for column in event_columns() %}
        judged.{{ column[0] }},
        {%- endfor %}
        {{ category_domain('judged.category_code') }} as category_domain,
        coalesce(places.grid_code, 'UNASSIGNED') as grid_code,
        places.grid_version_id,
        places.grid_level,
        coalesce(places.grid_resolution_method, 'none') as grid_resolution_method,
        coalesce(places.geo_conf, 'none') as geo_conf,
        coalesce(places.restated_grid_code, 'UNASSIGNED') as restated_grid_code,
        coalesce(places.restated_by, 'same') as restated_by,
        {{ event_state() }} as current_state,
        coalesce(judged.time_precision, 'minute') as time_precision,
        judged.not_counted_reason is null as is_counted,
        judged.not_counted_reason,
        {{ closed_loop() }} as is_closed_loop,
        judged.first_seen_at,
        judged.last_changed_at,
        {{ list_union(['judged.landing_flags', list_of([
            ('judged.has_key_conflict', 'key_conflict'),
            ('judged.has_time_order', 'time_order'),
            ("judged.category_code = 'UNMAPPED'", 'unmapped_category'),
            ("judged.lead_dept_id = 'UNMAPPED'", 'unmapped_department'),
            ("judged.intake_channel = 'UNMAPPED' or judged.severity = 'UNMAPPED' or judged.close_type = 'UNMAPPED' or judged.case_class = 'UNMAPPED'", 'unmapped_code'),
            ("judged.is_merged and judged.link_event_id is null", 'merge_target_missing'),
            ("judged.place_event_id is null", 'case_missing'),
            ("judged.has_exempt_gap", 'exempt_without_reason'),
            ("judged.has_class_split", 'class_split'),
            ("extract(hour from judged.closed_at) = 23 and extract(minute from judged.closed_at) = 59", 'day_end_close'),
            ("coalesce(places.is_outside, false)", 'point_outside'),
            ("coalesce(places.grid_code, 'UNASSIGNED') = 'UNASSIGNED'", 'unassigned')
        ])]) }} as dq_flags,
        judged.source_file,
        judged.source_record_no
    from judged
    left join places on judged.place_event_id = places.event_id
    left join needed on judged.event_kind = needed.event_kind
)

select * from final
