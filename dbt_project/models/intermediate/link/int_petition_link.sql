-- Where each petition's number leads by declared links: the petition it was merged into, and the first later petition
-- that says it repeats this one after it was finished.
with landed as (
    select * from {{ ref('stg_petition__matter') }}
),

all_versions as (
    select * from {{ ref('int_event_current') }}
),

targets as (
    {{ numbered_targets('petition') }}
),

matters as (
    select landed.*
    from landed
    inner join all_versions
        on
            landed.event_id = all_versions.event_id
            and landed.source_file = all_versions.source_file
            and landed.source_record_no = all_versions.source_record_no
),

named as (
    select * from {{ members('matters', 'related_nos', 'related_no') }} as listed
    where is_repeat_src = 'repeat' and not {{ is_deleted_at_source('landing_flags') }}
),

repeats as (
    select targets.event_id, named.registered_at as repeated_at
    from named
    inner join targets
        on
            named.source_system = targets.source_system
            and named.related_no = targets.source_case_no
            and named.event_id <> targets.event_id
),

first_repeats as (
    select repeats.event_id, min(repeats.repeated_at) as repeated_at
    from repeats
    inner join matters on repeats.event_id = matters.event_id
    where
        repeats.repeated_at > matters.closed_at
        and repeats.repeated_at <= {{ end_of_day_after('matters.closed_at', threshold('repeat_days')) }}
    group by repeats.event_id
),

final as (
    select
        matters.event_id,
        matters.source_case_no,
        targets.event_id as merged_event_id,
        first_repeats.repeated_at
    from matters
    left join targets
        on
            matters.source_system = targets.source_system
            and matters.merged_into_no = targets.source_case_no
            and matters.event_id <> targets.event_id
    left join first_repeats on matters.event_id = first_repeats.event_id
)

select * from final
