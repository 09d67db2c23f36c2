-- Of the call-backs about one case, the latest.
with calls as (
    select * from {{ ref('int_callback') }}
    where event_id is not null
),

ranked as (
    select
        *,
        row_number() over (partition by event_id order by called_back_at desc, callback_id asc) as lateness
    from calls
),

final as (
    select event_id, called_back_at, reached, contacted, solved, satisfaction
    from ranked
    where lateness = 1
)

select * from final
