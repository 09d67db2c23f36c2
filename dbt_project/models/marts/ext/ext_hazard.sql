with landed as (
    select * from {{ ref('stg_safety__hazard') }}
),

current_versions as (
    select * from {{ ref('int_event_current') }}
),

final as (
    select
        landed.event_id,
        landed.notice_no,
        landed.recheck_result,
        landed.transferred_at,
        landed.repeat_of_no
    {{ landed_now() }}
)

select * from final
