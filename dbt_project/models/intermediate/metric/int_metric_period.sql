{{ config(materialized='table') }}
-- Every period that has begun by as_of. An open one carries its calendar end; windows that hang on as_of end there.
with calendar as (
    select * from {{ ref('dim_date') }}
),

build_info as (
    select
        cast(as_of as date) as as_of_day,
        earliest,
        {{ add_months('cast(as_of as date)', '-12') }} as year_before
    from {{ ref('build_info') }}
),

festival as (
    select {{ threshold('festival_days_before') }} as days_before, {{ threshold('festival_days_after') }} as days_after
),

days as (
    select calendar.*, build_info.as_of_day, build_info.year_before, build_info.earliest
    from calendar
    cross join build_info
    where calendar.date_day <= build_info.as_of_day
),

month_ends as (
    select distinct {{ add_days(add_months('month_start', '1'), '-1') }} as month_end, as_of_day, earliest from days
),

windows as (
    select 'day' as period_kind, date_day as period_start, date_day as period_end from days
    union
    select 'week' as period_kind, week_start as period_start, {{ add_days('week_start', '6') }} as period_end from days
    union
    select
        'month' as period_kind,
        month_start as period_start,
        {{ add_days(add_months('month_start', '1'), '-1') }} as period_end
    from days
    union
    select
        'quarter' as period_kind,
        quarter_start as period_start,
        {{ add_days(add_months('quarter_start', '3'), '-1') }} as period_end
    from days
    union
    select
        'half_year' as period_kind,
        half_year_start as period_start,
        {{ add_days(add_months('half_year_start', '6'), '-1') }} as period_end
    from days
    union
    select
        'year' as period_kind,
        year_start as period_start,
        {{ add_days(add_months('year_start', '12'), '-1') }} as period_end
    from days
    union
    select 'rolling_28d' as period_kind, {{ add_days('date_day', '-27') }} as period_start, date_day as period_end
    from days
    where iso_weekday = 7 or date_day = as_of_day
    union
    select
        'year_to_date' as period_kind,
        cast(date_trunc('year', date_day) as date) as period_start,
        date_day as period_end
    from days
    where
        date_day = as_of_day
        or date_day = year_before
        or {{ add_days('date_day', '1') }} = {{ add_months('month_start', '1') }}
    union
    -- Open months and longer, and the same days a year before.
    {%- for kind in ['month', 'quarter', 'half_year'] %}
    select '{{ kind }}_to_date' as period_kind, {{ kind }}_start as period_start, date_day as period_end
    from days
    where date_day = as_of_day or date_day = year_before
    union
    {%- endfor %}
    -- Weeks around the Spring Festival, which moves by up to a month from year to year.
    select
        'spring_festival' as period_kind,
        {{ add_days('days.lunar_new_year', '-festival.days_before') }} as period_start,
        {{ add_days('days.lunar_new_year', 'festival.days_after') }} as period_end
    from days
    cross join festival
    where days.date_day = {{ add_days('days.lunar_new_year', '-festival.days_before') }}
    union
    select 'cumulative' as period_kind, earliest as period_start, month_end as period_end from month_ends
    where month_end < as_of_day and month_end >= {{ add_months('as_of_day', '-13') }}
    union
    select 'cumulative' as period_kind, earliest as period_start, as_of_day as period_end from month_ends
    union
    select period_kind, period_start, period_end from {{ ref('int_metric_printed_period') }}
),

final as (
    select distinct period_kind, period_start, period_end
    from windows
    where period_start <= period_end
)

select * from final
