{{ config(materialized='table') }}
-- Each day's cell and chunk. A cell is the part of one week that lies in one month; a chunk is a cell, cut where a
-- window that hangs on as_of or a printed period begins or ends. Every period but a day is a whole number of chunks.
with calendar as (
    select * from {{ ref('dim_date') }}
),

build_info as (
    select
        cast(as_of as date) as as_of_day,
        {{ add_months('cast(as_of as date)', '-12') }} as year_before
    from {{ ref('build_info') }}
),

-- The first days of printed periods and of weeks around the Spring Festival, and the days after their last.
fixed as (
    select period_start as day from {{ ref('int_metric_printed_period') }}
    union
    select {{ add_days('period_end', '1') }} as day from {{ ref('int_metric_printed_period') }}
    union
    select {{ add_days('first_day', '-' ~ threshold('festival_days_before')) }} as day
    from {{ ref('ref_lunar_new_year') }}
    union
    select {{ add_days('first_day', '1 + ' ~ threshold('festival_days_after')) }} as day
    from {{ ref('ref_lunar_new_year') }}
),

starts as (
    select
        calendar.date_day as day,
        case when calendar.iso_weekday = 1 or calendar.date_day = calendar.month_start then calendar.date_day end
            as cell_begins,
        case
            when calendar.iso_weekday = 1 or calendar.date_day = calendar.month_start then calendar.date_day
            when calendar.date_day = {{ add_days('build_info.as_of_day', '-27') }} then calendar.date_day
            when calendar.date_day = {{ add_days('build_info.as_of_day', '1') }} then calendar.date_day
            when calendar.date_day = {{ add_days('build_info.year_before', '1') }} then calendar.date_day
            when fixed.day is not null then calendar.date_day
        end as chunk_begins
    from calendar
    cross join build_info
    left join fixed on calendar.date_day = fixed.day
),

placed as (
    select
        day,
        max(cell_begins) over (order by day rows between unbounded preceding and current row) as cell_start,
        max(chunk_begins) over (order by day rows between unbounded preceding and current row) as chunk_start
    from starts
),

final as (
    select
        day,
        cell_start,
        chunk_start,
        max(day) over (partition by chunk_start) as chunk_end
    from placed
)

select * from final
