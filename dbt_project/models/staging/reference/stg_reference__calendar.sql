-- One row per day on which the city works otherwise than the nation: the latest version received of each.
with latest as (
    {{ latest_reference('calendar', 'date_day') }}
),

final as (
    select date_day, is_workday, holiday_zh
    from latest
)

select * from final
