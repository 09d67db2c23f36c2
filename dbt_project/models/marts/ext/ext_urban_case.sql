with landed as (
    select * from {{ ref('stg_urban__case') }}
),

current_versions as (
    select * from {{ ref('int_event_current') }}
),

final as (
    select
        landed.event_id,
        landed.duty_grid_code,
        landed.native_status,
        landed.verify_result,
        landed.is_supervised,
        landed.duplicate_of_no
    {{ landed_now() }}
)

select * from final
