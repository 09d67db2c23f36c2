-- Every call-back with the case that it was about. Whether a call was the latest of its case is decided in
-- int_callback_latest: the case's own columns may hold a later one.
with landed as (
    select * from {{ ref('stg_petition__callback') }}
),

all_versions as (
    select * from {{ ref('int_event_current') }}
),

cases as (
    {{ numbered_cases(['hotline_order', 'petition']) }}
),

final as (
    select
        landed.event_id as callback_id,
        cases.event_id,
        landed.called_back_at,
        landed.reached,
        landed.contacted,
        landed.solved,
        landed.satisfaction,
        landed.method
    from landed
    inner join all_versions
        on
            landed.event_id = all_versions.event_id
            and landed.source_file = all_versions.source_file
            and landed.source_record_no = all_versions.source_record_no
    left join cases on landed.event_no = cases.source_case_no
    where not {{ is_deleted_at_source('landed.landing_flags') }}
)

select * from final
