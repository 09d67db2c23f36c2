-- What the police alone say. Stations call first and classify again after the visit: fct_event has the later class.
with landed as (
    select * from {{ ref('stg_police__incident') }}
),

current_versions as (
    select * from {{ ref('int_event_current') }}
),

final as (
    select
        landed.event_id,
        landed.bureau_dept_id,
        landed.station_dept_id,
        landed.reported_category_code,
        landed.feedback_category_code,
        landed.is_repeat_call,
        landed.merged_into_no
    {{ landed_now() }}
)

select * from final
