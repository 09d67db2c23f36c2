{{ config(materialized='table') }}
-- What clocks look up instead of counting day by day: the number of each working day, the working time before each
-- day, the next working day. Seconds; a day off has no opening hours.
with calendar as (
    select * from {{ ref('int_calendar') }}
),

hours as (
    select * from {{ ref('ref_working_hours') }}
),

opened as (
    select
        calendar.date_day,
        calendar.is_workday,
        case when calendar.is_workday then {{ seconds_of_clock('hours.morning_from') }} else 0 end as morning_from,
        case when calendar.is_workday then {{ seconds_of_clock('hours.morning_to') }} else 0 end as morning_to,
        case when calendar.is_workday then {{ seconds_of_clock('hours.afternoon_from') }} else 0 end as afternoon_from,
        case when calendar.is_workday then {{ seconds_of_clock('hours.afternoon_to') }} else 0 end as afternoon_to
    from calendar
    inner join hours on calendar.date_day >= hours.effective_from and calendar.date_day < hours.effective_to
),

measured as (
    select
        *,
        cast(morning_to - morning_from + afternoon_to - afternoon_from as bigint) as working_seconds
    from opened
),

final as (
    select
        date_day,
        is_workday,
        cast(sum(case when is_workday then 1 else 0 end) over (order by date_day) as bigint) as workday_no,
        min(case when is_workday then date_day end) over (
            order by date_day rows between current row and unbounded following
        ) as next_workday,
        cast(morning_from as bigint) as morning_from,
        cast(morning_to as bigint) as morning_to,
        cast(afternoon_from as bigint) as afternoon_from,
        cast(afternoon_to as bigint) as afternoon_to,
        working_seconds,
        cast(sum(working_seconds) over (order by date_day) - working_seconds as bigint) as working_before
    from measured
)

select * from final
