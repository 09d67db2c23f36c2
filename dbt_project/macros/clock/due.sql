{# When clocks are due. `clocks` is a relation with, beside whatever it is keyed by:
     start_at, basis (C calendar days, M months, W working days, H running time, WH working time, S as the notice says),
     limit_n (days, months, working days, seconds, working seconds; NULL for S), pushed_n (what pauses and extensions add,
     in the same units, days for M and S), shift_to_workday, sent_deadline_at (for S).
   Adds: last_on (the last day before any shift; day bases), due_at.

   The day after the start counts as 1, so a clock of n days ends with the day start + n. Months end with the day of the
   same number, or the month's last where it has none. A clock that outlives the calendar has no due_at. #}
{% macro clock_due(clocks) -%}
    (
        with running as (
            select
                clocks.*,
                case
                    when clocks.basis = 'C'
                        then {{ add_days('cast(clocks.start_at as date)', "case when clocks.basis = 'C' then clocks.limit_n + clocks.pushed_n else 0 end") }}
                    when clocks.basis = 'M'
                        then {{ add_days(
                            add_months('cast(clocks.start_at as date)', "case when clocks.basis = 'M' then clocks.limit_n else 0 end"),
                            "case when clocks.basis = 'M' then clocks.pushed_n else 0 end"
                        ) }}
                end as calendar_last_on,
                case when clocks.basis = 'W' then first_day.workday_no + clocks.limit_n + clocks.pushed_n end as last_workday_no,
                case
                    when clocks.basis = 'WH'
                        then {{ working_position('clocks.start_at', 'first_day') }} + clocks.limit_n + clocks.pushed_n
                end as due_position
            from {{ clocks }} as clocks
            left join {{ ref('int_clock_day') }} as first_day on cast(clocks.start_at as date) = first_day.date_day
        ),

        workdays as (
            select workday_no, date_day from {{ ref('int_clock_day') }}
            where is_workday
        )

        select
            running.*,
            coalesce(running.calendar_last_on, workdays.date_day) as last_on,
            case running.basis
                when 'H' then {{ add_seconds('running.start_at', "case when running.basis = 'H' then running.limit_n + running.pushed_n else 0 end") }}
                when 'WH' then {{ working_moment('running.due_position', 'hours') }}
                when 'S' then {{ add_seconds('running.sent_deadline_at', "case when running.basis = 'S' then running.pushed_n * 86400 else 0 end") }}
                when 'W' then {{ end_of_day('workdays.date_day') }}
                else {{ end_of_day('case when running.shift_to_workday then coalesce(shifted.next_workday, running.calendar_last_on) else running.calendar_last_on end') }}
            end as due_at
        from running
        left join workdays on running.last_workday_no = workdays.workday_no
        left join {{ working_hours() }} as hours
            on
                {{ working_hour('running.due_position') }} = hours.working_hour
                and running.due_position > hours.working_before
                and running.due_position <= hours.working_before + hours.working_seconds
        left join {{ ref('int_clock_day') }} as shifted on running.calendar_last_on = shifted.date_day
    )
{%- endmacro %}
