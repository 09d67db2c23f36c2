{# The canonical state that a case's own times and closing tell. The order is the life of a case, latest stage first. #}
{% macro event_state() -%}
    case
        when judged.is_child then 'MERGED'
        when judged.terminal_state is not null then judged.terminal_state
        when judged.closed_at is not null or judged.is_closed_by_status then 'CLOSED'
        when judged.verified_at is not null then 'VERIFYING'
        when judged.handled_at is not null then 'HANDLED'
        when judged.arrived_at is not null or judged.acknowledged_at is not null then 'ACKNOWLEDGED'
        when judged.dispatched_at is not null then 'DISPATCHED'
        when judged.registered_at is not null then 'REGISTERED'
        when judged.accepted_at is not null then 'ACCEPTED'
        else 'REPORTED'
    end
{%- endmacro %}

{# The states in which a case is no longer open. #}
{% macro ended_states() -%}
    'CLOSED', 'FORCED_CLOSED', 'REJECTED', 'MERGED', 'WITHDRAWN', 'TRANSFERRED'
{%- endmacro %}

{# The domain of a canonical category: its first two digits; whatever has no category is unclassified (C99). #}
{% macro category_domain(code) -%}
    case when {{ code }} = 'UNMAPPED' then 'C99' else 'C' || left({{ code }}, 2) end
{%- endmacro %}
