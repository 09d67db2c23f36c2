{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='event_id',
    touched=['staging', 'stg_ops__touched'],
    on_schema_change='fail'
) }}
-- Every version of every event, in the order of (version time, content hash): arrival plays no part. A row that only
-- repeats the version before it is not a version. Versions of one time and different content are all kept and
-- flagged.
with received as (
    {%- for kind in event_kinds() %}
    select
        event_id,
        event_kind,
        feed,
        source_system,
        source_case_no,
        source_file,
        source_record_no,
        extracted_at,
        version_at,
        content_hash,
        {# A row that says it was deleted is another version than one of the same content that does not. #}
        content_hash || case when {{ is_deleted_at_source('landing_flags') }} then '~' else '' end as version_hash
    from {{ ref(kind.staging) }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

touched as (
    select * from received
    where {{ only_touched('event_id') }}
),

-- Most events came once; only the others need their versions put in order.
repeated as (
    select event_id
    from touched
    group by event_id
    having count(*) > 1
),

distinct_contents as (
    select
        *,
        coalesce(version_at, timestamp '1900-01-01 00:00:00') as version_order,
        row_number() over (
            partition by event_id, coalesce(version_at, timestamp '1900-01-01 00:00:00'), version_hash
            order by extracted_at nulls last, source_file, source_record_no
        ) as sighting_no,
        min(coalesce(extracted_at, version_at)) over (partition by event_id) as first_seen_at
    from touched
    where event_id in (select repeated.event_id from repeated)
),

changes as (
    select
        *,
        lag(version_hash) over (partition by event_id order by version_order, version_hash) as hash_before
    from distinct_contents
    where sighting_no = 1
),

numbered as (
    select
        *,
        row_number() over (partition by event_id order by version_order, version_hash) as version_no,
        row_number() over (partition by event_id order by version_order desc, version_hash desc) as newness,
        count(*) over (partition by event_id, version_order) > 1 as is_key_conflict
    from changes
    where hash_before is null or hash_before <> version_hash
),

conflicting as (
    select
        *,
        max(case when is_key_conflict then 1 else 0 end) over (partition by event_id) = 1 as has_key_conflict
    from numbered
),

final as (
    select
        event_id, event_kind, feed, source_system, source_case_no,
        cast(version_no as integer) as version_no,
        version_at, content_hash, source_file, source_record_no, first_seen_at,
        newness = 1 as is_current,
        is_key_conflict,
        has_key_conflict
    from conflicting
    union all
    select
        event_id, event_kind, feed, source_system, source_case_no,
        1 as version_no,
        version_at, content_hash, source_file, source_record_no,
        coalesce(extracted_at, version_at) as first_seen_at,
        true as is_current,
        false as is_key_conflict,
        false as has_key_conflict
    from touched
    where event_id not in (select repeated.event_id from repeated)
)

select * from final
