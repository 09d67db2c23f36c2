{# Whether a time known to a day, a month or a year places a case in a period of this kind. #}
{% macro coarse_enough(time_grain, period_kind) -%}
    ({{ time_grain }} = 'day'
    or ({{ time_grain }} = 'month' and {{ period_kind }} in ('month', 'quarter', 'half_year', 'year', 'cumulative'))
    or ({{ time_grain }} = 'year' and {{ period_kind }} in ('year', 'cumulative')))
{%- endmacro %}

{# The same day of the year before; the end of a month stays the end of its month (28 and 29 February). #}
{% macro year_before(day) -%}
    {{ add_days(add_months(add_days(day, '1'), '-12'), '-1') }}
{%- endmacro %}

{# The last day that is over: an export closed in the last hour of a day has all of it (as pipelines/tracing/days.py). #}
{% macro last_day_over(as_of) -%}
    {{ add_days('cast(' ~ add_seconds(as_of, '3600') ~ ' as date)', '-1') }}
{%- endmacro %}

{# Whether a figure is of the first days of its period: one that ends where the calendar says, beyond the last day over. #}
{% macro is_to_date(period_kind, period_end, last_day) -%}
    {{ period_kind }} in ('week', 'month', 'quarter', 'half_year', 'year', 'spring_festival') and {{ period_end }} > {{ last_day }}
{%- endmacro %}
