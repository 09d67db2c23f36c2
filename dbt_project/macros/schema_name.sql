{# Schemas are named as written (staging, intermediate, marts), not prefixed with a developer's target schema. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
