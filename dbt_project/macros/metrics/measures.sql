{# What is summed on the way from atoms to figures: whether there is a figure of the area as it was, its numerator and
   denominator, what restating moves in (positive) and out (negative), and whether shares decided any of that. #}
{% macro measure_names() -%}{{ return(['own_n', 'num', 'den', 'moved_num', 'moved_den', 'weighted_n']) }}{%- endmacro %}

{% macro measures(relation='') -%}
    {%- for name in measure_names() -%}
        {{ relation ~ '.' if relation }}{{ name }}{% if not loop.last %}, {% endif %}
    {%- endfor -%}
{%- endmacro %}

{# Their sums. A numerator that comes true later is summed only where `counts_by` holds. `own_n` and `weighted_n` tell
   whether, not how many. #}
{% macro summed_measures(counts_by='', relation='') -%}
    {%- for name in measure_names() -%}
        {%- set column = (relation ~ '.' if relation else '') ~ name -%}
        {%- if name in ('own_n', 'weighted_n') -%} max({{ column }})
        {%- elif counts_by and name in ('num', 'moved_num') -%} cast(sum(case when {{ counts_by }} then {{ column }} else 0 end) as bigint)
        {%- else -%} cast(sum({{ column }}) as bigint)
        {%- endif %} as {{ name }}{% if not loop.last %}, {% endif %}
    {%- endfor -%}
{%- endmacro %}
