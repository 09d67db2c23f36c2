{# Dirt that an event shows, as (mark of ref_dirt_mark, condition over fct_event). Acts lie where their case lies and are not
   asked how they were placed. #}
{% macro dirt_of_events() -%}
    {%- set kinds = event_kinds() | selectattr('place') | map(attribute='kind') | join("', '") -%}
    {%- set month_end = 'extract(day from ' ~ add_days('cast(reported_at as date)', 1) ~ ') = 1' -%}
    {%- set lag = days_between('cast(occurred_at as date)', 'cast(reported_at as date)') -%}
    {%- set marks = [
        ('merged', "not_counted_reason = 'merged'"),
        ('day_end_close', 'extract(hour from closed_at) = 23 and extract(minute from closed_at) = 59'),
        ('month_end_entry', month_end ~ ' and ' ~ lag ~ ' >= ' ~ threshold('bulk_entry_days'))
    ] -%}
    {%- for flag in (
        'key_conflict', 'unmapped_category', 'unmapped_department', 'unmapped_code', 'class_split', 'point_outside',
        'merge_target_missing'
    ) -%}
        {%- do marks.append((flag, list_has('dq_flags', flag))) -%}
    {%- endfor -%}
    {%- for method in ('other_code', 'polygon', 'place_code', 'name', 'none') -%}
        {%- do marks.append((method, "grid_resolution_method = '" ~ method ~ "' and event_kind in ('" ~ kinds ~ "')")) -%}
    {%- endfor -%}
    {{ return(marks) }}
{%- endmacro %}
