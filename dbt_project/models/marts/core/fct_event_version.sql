with versions as (
    select * from {{ ref('int_event_versioned') }}
),

final as (
    select
        event_id,
        version_no,
        version_at,
        content_hash,
        source_file,
        source_record_no,
        is_current,
        is_key_conflict
    from versions
)

select * from final
