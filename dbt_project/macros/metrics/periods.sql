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
