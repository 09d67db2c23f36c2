{# Dirt that an event shows, as (mark of ref_dirt_mark, condition over fct_event). Acts lie where their case lies and are not
   asked how they were placed. #}
{% macro dirt_of_events() -%}
    {%- set kinds = event_kinds() | selectattr('place') | map(attribute='kind') | join("', '") -%}
    {%- set lag = days_between('cast(occurred_at as date)', 'cast(reported_at as date)') -%}
    {%- set marks = [
        ('merged', "not_counted_reason = 'merged'"),
        ('late_entry', lag ~ ' >= ' ~ threshold('bulk_entry_days'))
    ] -%}
    {%- for flag in (
        'key_conflict', 'unmapped_category', 'unmapped_department', 'unmapped_code', 'class_split', 'day_end_close',
        'point_outside', 'merge_target_missing'
    ) -%}
        {%- do marks.append((flag, list_has('dq_flags', flag))) -%}
    {%- endfor -%}
    {%- for method in ('other_code', 'polygon', 'place_code', 'name', 'none') -%}
        {%- do marks.append((method, "grid_resolution_method = '" ~ method ~ "' and event_kind in ('" ~ kinds ~ "')")) -%}
    {%- endfor -%}
    {{ return(marks) }}
{%- endmacro %}
