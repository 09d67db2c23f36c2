{# Whether a time known to a day, a month or a year places a case in a period of this kind. #}
{% macro coarse_enough(time_grain, period_kind) -%}
    ({{ time_grain }} = 'day'
    or ({{ time_grain }} = 'month' and {{ period_kind }} in ('month', 'quarter', 'half_year', 'year', 'cumulative'))
    or ({{ time_grain }} = 'year' and {{ period_kind }} in ('year', 'cumulative')))
{%- endmacro %}
