with calendar as (
    select * from {{ ref('ref_calendar') }}
),

final as (
    select
        date_day,
        is_workday,
        holiday_zh,
        source,
        cast(extract(isodow from date_day) as integer) as iso_weekday,
        cast(extract(week from date_day) as integer) as iso_week,
        cast(extract(isoyear from date_day) as integer) as iso_year,
        cast(date_trunc('week', date_day) as date) as week_start,
        cast(extract(year from date_day) as integer) as year,
        cast(extract(quarter from date_day) as integer) as quarter,
        cast(extract(month from date_day) as integer) as month,
        cast(date_trunc('month', date_day) as date) as month_start,
        cast(date_trunc('quarter', date_day) as date) as quarter_start,
        cast(
            {{ add_months(
                "date_trunc('year', date_day)", "case when extract(month from date_day) > 6 then 6 else 0 end"
            ) }} as date
        ) as half_year_start,
        cast(date_trunc('year', date_day) as date) as year_start
    from calendar
)

select * from final
