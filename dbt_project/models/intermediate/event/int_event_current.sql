-- The version of each event that counts now.
with versions as (
    select * from {{ ref('int_event_versioned') }}
),

final as (
    select
        event_id,
        source_system,
        event_kind,
        source_case_no,
        source_file,
        source_record_no,
        first_seen_at,
        version_at as last_changed_at,
        has_key_conflict
    from versions
    where is_current
)

select * from final
