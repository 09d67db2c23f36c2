{{ config(materialized='table') }}
-- Which days are worked: the national calendar, and over it the days on which the city works otherwise. Clocks, limits
-- and periods read this, never the seed.
with national as (
    select * from {{ ref('ref_calendar') }}
),

city as (
    select * from {{ ref('stg_reference__calendar') }}
),

final as (
    select
        national.date_day,
        coalesce(city.is_workday, national.is_workday) as is_workday,
        case when city.date_day is not null then city.holiday_zh else national.holiday_zh end as holiday_zh,
        case when city.date_day is not null then 'city' else national.source end as source
    from national
    left join city on national.date_day = city.date_day
)

select * from final
