-- The national calendar, and over it the days on which the city works otherwise.
with national as (
    select * from {{ ref('ref_calendar') }}
),

new_years as (
    select * from {{ ref('ref_lunar_new_year') }}
),

city as (
    select * from {{ ref('stg_reference__calendar') }}
),

calendar as (
    select
        national.date_day,
        coalesce(city.is_workday, national.is_workday) as is_workday,
        case when city.date_day is not null then city.holiday_zh else national.holiday_zh end as holiday_zh,
        case when city.date_day is not null then 'city' else national.source end as source
    from national
    left join city on national.date_day = city.date_day
),

final as (
    select
        calendar.date_day,
        calendar.is_workday,
        calendar.holiday_zh,
        calendar.source,
        case
            when calendar.is_workday then 'workday'
            when calendar.holiday_zh is null or calendar.holiday_zh = '' then 'weekend'
            else 'holiday'
        end as day_type,
        new_years.first_day as lunar_new_year,
        cast(extract(isodow from calendar.date_day) as integer) as iso_weekday,
        cast(extract(week from calendar.date_day) as integer) as iso_week,
        cast(extract(isoyear from calendar.date_day) as integer) as iso_year,
        cast(date_trunc('week', calendar.date_day) as date) as week_start,
        cast(extract(year from calendar.date_day) as integer) as year,
        cast(extract(quarter from calendar.date_day) as integer) as quarter,
        cast(extract(month from calendar.date_day) as integer) as month,
        cast(date_trunc('month', calendar.date_day) as date) as month_start,
        cast(date_trunc('quarter', calendar.date_day) as date) as quarter_start,
        cast(
            {{ add_months(
                "date_trunc('year', calendar.date_day)", "case when extract(month from calendar.date_day) > 6 then 6 else 0 end"
            ) }} as date
        ) as half_year_start,
        cast(date_trunc('year', calendar.date_day) as date) as year_start
    from calendar
    left join new_years on extract(year from calendar.date_day) = new_years.year
)

select * from final
