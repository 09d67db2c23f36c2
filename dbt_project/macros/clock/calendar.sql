{# Working time on the calendar int_clock_day. A position is the number of working seconds from the calendar's first day
   to a moment: differences of positions are working time, and they add up exactly. #}

{# Seconds from midnight to a moment, whole. #}
{% macro seconds_of_day(at) -%}
    (extract(hour from {{ at }}) * 3600 + extract(minute from {{ at }}) * 60 + cast(floor(extract(second from {{ at }})) as bigint))
{%- endmacro %}

{# Seconds from midnight of a clock time written 08:30. #}
{% macro seconds_of_clock(text) -%}
    (cast(left({{ text }}, 2) as integer) * 3600 + cast(right({{ text }}, 2) as integer) * 60)
{%- endmacro %}

{# The position of a moment; `day` is the alias of its day's row of int_clock_day. #}
{% macro working_position(at, day) -%}
    ({{ day }}.working_before
    + least(greatest({{ seconds_of_day(at) }} - {{ day }}.morning_from, 0), {{ day }}.morning_to - {{ day }}.morning_from)
    + least(greatest({{ seconds_of_day(at) }} - {{ day }}.afternoon_from, 0), {{ day }}.afternoon_to - {{ day }}.afternoon_from))
{%- endmacro %}

{# The moment of a position, on the row `day` that holds it. A position that is the end of a session is the end of that
   session, not the start of the next: a limit that is used up at noon is due at noon. #}
{% macro working_moment(position, day) -%}
    {{ add_seconds(
        'cast(' ~ day ~ '.date_day as timestamp)',
        'case when ' ~ position ~ ' - ' ~ day ~ '.working_before <= ' ~ day ~ '.morning_to - ' ~ day ~ '.morning_from'
        ~ ' then ' ~ day ~ '.morning_from + ' ~ position ~ ' - ' ~ day ~ '.working_before'
        ~ ' else ' ~ day ~ '.afternoon_from + ' ~ position ~ ' - ' ~ day ~ '.working_before - (' ~ day ~ '.morning_to - ' ~ day ~ '.morning_from) end'
    ) }}
{%- endmacro %}

{# Which whole working hour, counted from the calendar's first day, a position ends in: the key of working_hours(). #}
{% macro working_hour(position) -%}{{ int_div('(' ~ position ~ ') - 1', '3600') }}{%- endmacro %}

{# Every working hour with the days it lies in (two where it spans an evening), so that the day of a position is found
   by an equality and not by a search. One row per hour and day. #}
{% macro working_hours() -%}
    (
        select days.*, {{ int_div('days.working_before', '3600') }} + steps.step as working_hour
        from {{ ref('int_clock_day') }} as days
        cross join (
            {%- for step in range(25) %}
            select {{ step }} as step{% if not loop.last %} union all{% endif %}
            {%- endfor %}
        ) as steps
        where
            days.working_seconds > 0
            and ({{ int_div('days.working_before', '3600') }} + steps.step) * 3600 < days.working_before + days.working_seconds
    )
{%- endmacro %}

{# How far one moment is from another in the units a clock counts in: seconds (H), working seconds (WH), working days
   (W), else days. `from_day` and `to_day` are the aliases of their days' rows of int_clock_day. #}
{% macro clock_units(basis, from_at, from_day, to_at, to_day) -%}
    case {{ basis }}
        when 'H' then {{ seconds_between(from_at, to_at) }}
        when 'WH' then {{ working_position(to_at, to_day) }} - {{ working_position(from_at, from_day) }}
        when 'W' then {{ to_day }}.workday_no - {{ from_day }}.workday_no
        else {{ days_between('cast(' ~ from_at ~ ' as date)', 'cast(' ~ to_at ~ ' as date)') }}
    end
{%- endmacro %}
