{# The columns by which an event is known, from a landed row and its current version. #}
{% macro event_identity() -%}
    landed.event_id,
    landed.event_kind,
    landed.feed,
    landed.source_system,
    landed.source_case_no,
    landed.time_precision,
    landed.landing_flags,
    landed.source_file,
    landed.source_record_no,
    current_versions.first_seen_at,
    current_versions.last_changed_at,
    current_versions.has_key_conflict
{%- endmacro %}
