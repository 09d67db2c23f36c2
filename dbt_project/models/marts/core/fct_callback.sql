with calls as (
    select * from {{ ref('int_callback') }}
),

final as (
    select callback_id, event_id, called_back_at, reached, contacted, solved, satisfaction, method
    from calls
)

select * from final
