{# One sorted list of the members of several lists (SQL expressions), NULL lists and NULL members left out. #}
{% macro list_union(lists) -%}{{ return(adapter.dispatch('list_union')(lists)) }}{%- endmacro %}
{% macro default__list_union(lists) -%}
    list_sort(list_distinct(list_concat({% for one in lists %}coalesce({{ one }}, cast(list_value() as varchar[])){% if not loop.last %}, {% endif %}{% endfor %})))
{%- endmacro %}
{% macro spark__list_union(lists) -%}
    array_sort(array_distinct(array_compact(concat({% for one in lists %}coalesce({{ one }}, cast(array() as array<string>)){% if not loop.last %}, {% endif %}{% endfor %}))))
{%- endmacro %}

{# The texts whose conditions hold, as a list: [(condition, text), ...]. #}
{% macro list_of(pairs) -%}{{ return(adapter.dispatch('list_of')(pairs)) }}{%- endmacro %}
{% macro default__list_of(pairs) -%}
    list_value({% for condition, text in pairs %}case when {{ condition }} then '{{ text }}' end{% if not loop.last %}, {% endif %}{% endfor %})
{%- endmacro %}
{% macro spark__list_of(pairs) -%}
    array({% for condition, text in pairs %}case when {{ condition }} then '{{ text }}' end{% if not loop.last %}, {% endif %}{% endfor %})
{%- endmacro %}

{# A table expression with one row per member of a list column. #}
{% macro members(relation, list_column, as_name) -%}{{ return(adapter.dispatch('members')(relation, list_column, as_name)) }}{%- endmacro %}
{% macro default__members(relation, list_column, as_name) -%}
    (select *, unnest({{ list_column }}) as {{ as_name }} from {{ relation }})
{%- endmacro %}
{% macro spark__members(relation, list_column, as_name) -%}
    (select *, explode({{ list_column }}) as {{ as_name }} from {{ relation }})
{%- endmacro %}

{# Whether a list holds a text. #}
{% macro list_has(list_column, text) -%}{{ return(adapter.dispatch('list_has')(list_column, text)) }}{%- endmacro %}
{% macro default__list_has(list_column, text) -%}list_contains({{ list_column }}, '{{ text }}'){%- endmacro %}
{% macro spark__list_has(list_column, text) -%}array_contains({{ list_column }}, '{{ text }}'){%- endmacro %}

{# A table expression with one row per member of a list column and its place in the list, from 0. A NULL list gives no row. #}
{% macro numbered_members(relation, list_column, as_name, as_place) -%}
    {{ return(adapter.dispatch('numbered_members')(relation, list_column, as_name, as_place)) }}
{%- endmacro %}
{% macro default__numbered_members(relation, list_column, as_name, as_place) -%}
    (select *, unnest({{ list_column }}) as {{ as_name }}, generate_subscripts({{ list_column }}, 1) - 1 as {{ as_place }} from {{ relation }})
{%- endmacro %}
{% macro spark__numbered_members(relation, list_column, as_name, as_place) -%}
    (select * from {{ relation }} lateral view posexplode({{ list_column }}) as {{ as_place }}, {{ as_name }})
{%- endmacro %}

{# How many members a list has; 0 for NULL. #}
{% macro list_size(list_column) -%}{{ return(adapter.dispatch('list_size')(list_column)) }}{%- endmacro %}
{% macro default__list_size(list_column) -%}coalesce(len({{ list_column }}), 0){%- endmacro %}
{% macro spark__list_size(list_column) -%}coalesce(array_size({{ list_column }}), 0){%- endmacro %}
