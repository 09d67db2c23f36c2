{# The value of a dated threshold (seed ref_threshold) on the build's day. #}
{% macro threshold(name) -%}
    (select max(t.value) from {{ ref('ref_threshold') }} as t where t.threshold_id = '{{ name }}' and t.valid_to = date '9999-12-31')
{%- endmacro %}

{# Wilson's interval of num of den, one bound: sign -1 or +1. Unlike the plain one it keeps to 0..1 and holds for small den. #}
{% macro wilson(num, den, z, sign) -%}
    (({{ num }} + {{ z }} * {{ z }} / 2.0) / ({{ den }} + {{ z }} * {{ z }})
    {{ '+' if sign > 0 else '-' }} {{ z }} / ({{ den }} + {{ z }} * {{ z }})
    * sqrt(cast({{ num }} as double) * ({{ den }} - {{ num }}) / {{ den }} + {{ z }} * {{ z }} / 4.0))
{%- endmacro %}

{# Byar's approximation of the Poisson bounds of a count (Wilson-Hilferty), for counts beyond the exact seed. #}
{% macro byar_low(n, z) -%}({{ n }} * power(1.0 - 1.0 / (9.0 * {{ n }}) - {{ z }} / (3.0 * sqrt({{ n }})), 3)){%- endmacro %}
{% macro byar_high(n, z) -%}
    (({{ n }} + 1) * power(1.0 - 1.0 / (9.0 * ({{ n }} + 1)) + {{ z }} / (3.0 * sqrt({{ n }} + 1)), 3))
{%- endmacro %}

{# A bound as it is stored: four decimals are finer than any figure shows, and take half the room of seventeen digits. #}
{% macro bound(value) -%}round({{ value }}, 4){%- endmacro %}
