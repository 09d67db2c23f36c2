with calendar as (
    select * from {{ ref('int_calendar') }}
),

new_years as (
    select * from {{ ref('ref_lunar_new_year') }}
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
