{# The canonical state that a case's own times and closing tell. The order is the life of a case, latest stage first. #}
{% macro event_state() -%}
    case
        when judged.is_child then 'MERGED'
        when judged.terminal_state is not null then judged.terminal_state
        when judged.closed_at is not null or judged.is_closed_by_status then 'CLOSED'
        when judged.verified_at is not null then 'VERIFYING'
        when judged.handled_at is not null then 'HANDLED'
        when judged.suspended_at is not null then case when judged.resumed_at is null then 'SUSPENDED' else 'IN_PROGRESS' end
        when judged.arrived_at is not null or judged.acknowledged_at is not null then 'ACKNOWLEDGED'
        when judged.dispatched_at is not null then 'DISPATCHED'
        when judged.registered_at is not null then 'REGISTERED'
        when judged.accepted_at is not null then 'ACCEPTED'
        else 'REPORTED'
    end
{%- endmacro %}

{# Whether a closed case has a time for every stage that its kind must go through; NULL while it is open. *needed* is
   the case's row of needed_stages(). #}
{% macro closed_loop() -%}
    case
        when judged.closed_at is not null
            then {% for column in event_times() %}(coalesce(needed.needs_{{ column }}, 0) = 0 or judged.{{ column }} is not null){% if not loop.last %}
            and {% endif %}{% endfor %}
    end
{%- endmacro %}

{# Per kind of event, which of its times a closed loop needs (1) or not (0). *native* is ref_native_stage. #}
{% macro needed_stages() -%}
    select
        event_kind,
        {%- for column in event_times() %}
        max(case when is_mandatory and time_column = '{{ column }}' then 1 else 0 end) as needs_{{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from native
    group by event_kind
{%- endmacro %}

{# The states in which a case is no longer open. #}
{% macro ended_states() -%}
    'CLOSED', 'FORCED_CLOSED', 'REJECTED', 'MERGED', 'WITHDRAWN', 'TRANSFERRED'
{%- endmacro %}

{# The domain of a canonical category: its first two digits; whatever has no category is unclassified (C99). #}
{% macro category_domain(code) -%}
    case when {{ code }} = 'UNMAPPED' then 'C99' else 'C' || left({{ code }}, 2) end
{%- endmacro %}
