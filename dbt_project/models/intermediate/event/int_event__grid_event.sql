-- Assistance is counted on the event it was given to; a change of level counts where it went up (to a smaller number).
with landed as (
    select * from {{ ref('stg_grid__event') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

all_versions as (
    select * from {{ ref('int_event_current') }}
),

assists as (
    select
        landed_assists.source_system,
        landed_assists.event_no,
        count(*) as assist_n
    from {{ ref('stg_grid__assist') }} as landed_assists
    inner join all_versions
        on
            landed_assists.event_id = all_versions.event_id
            and landed_assists.source_file = all_versions.source_file
            and landed_assists.source_record_no = all_versions.source_record_no
    where not {{ is_deleted_at_source('landed_assists.landing_flags') }}
    group by landed_assists.source_system, landed_assists.event_no
),

moves as (
    select
        event_id,
        source_file,
        source_record_no,
        count(
            case
                when
                    try_cast(split_part(move, '|', 2) as integer) < try_cast(split_part(move, '|', 1) as integer)
                    then 1
            end
        ) as escalation_n
    from {{ members('landed', 'escalations', 'move') }} as told
    group by event_id, source_file, source_record_no
),

final as (
    select {{ event_shape({
        'category_code': "landed.category_code",
        'has_class_split': "landed.is_class_split",
        'severity': "landed.severity",
        'intake_channel': "landed.reporter_kind",
        'discovery': "case when landed.reporter_kind in ('resident', 'public') then 'reported' when landed.reporter_kind in ('grid_staff', 'sensor', 'inspector', 'video') then 'found' end",
        'task_kind': "landed.task_kind",
        'operating_mode': "landed.operating_mode",
        'lead_dept_id': "landed.handle_dept_id",
        'partner_dept_id': "landed.whistle_dept_id",
        'handling_level': "cast(landed.handling_level as integer)",
        'void_reason': "case when landed.current_stage = 'void' then 'void' end",
        'terminal_state': "case when landed.current_stage = 'void' then 'REJECTED' end",
        'is_closed_by_status': "coalesce(landed.current_stage = 'closed', false)",
        'occurred_at': "landed.occurred_at",
        'reported_at': "landed.reported_at",
        'dispatched_at': "landed.dispatched_at",
        'acknowledged_at': "landed.acknowledged_at",
        'handled_at': "landed.handled_at",
        'verified_at': "landed.verified_at",
        'closed_at': "landed.closed_at",
        'return_n': "landed.return_n",
        'escalation_n': "coalesce(moves.escalation_n, 0)",
        'assist_n': "coalesce(assists.assist_n, 0)",
        'is_self_handled': "landed.self_handled",
        'satisfaction': "landed.satisfaction"
    }) }}
    {{ landed_now() }}
    left join moves
        on
            landed.event_id = moves.event_id
            and landed.source_file = moves.source_file
            and landed.source_record_no = moves.source_record_no
    left join assists
        on landed.source_system = assists.source_system and landed.source_case_no = assists.event_no
)

select * from final
