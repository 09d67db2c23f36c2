{# What a petition or an order says of its call-back: of its own columns (over `landed`) and the latest row of the
   call-back feed (`calls`, left joined) the later one, as a whole. Its own answers without a time stand where the feed
   has no row. For `event_shape`. #}
{% macro latest_call() -%}
    {%- set own = '(calls.event_id is null or coalesce(landed.callback_at > calls.called_back_at, false))' -%}
    {%- set answered = 'landed.contacted is not null or landed.solved is not null or landed.satisfaction is not null' -%}
    {{ return({
        'called_back_at': 'case when ' ~ own ~ ' then landed.callback_at else calls.called_back_at end',
        'is_reached': 'case when not ' ~ own ~ ' then calls.reached when ' ~ answered
            ~ ' then true when landed.callback_at is not null then false end',
        'is_contacted': 'case when ' ~ own ~ ' then landed.contacted else calls.contacted end',
        'is_solved': 'case when ' ~ own ~ ' then landed.solved else calls.solved end',
        'satisfaction': 'case when ' ~ own ~ ' then landed.satisfaction else calls.satisfaction end'
    }) }}
{%- endmacro %}

{# An exemption holds only with a reason; without one the case stays in the rates and is flagged. #}
{% macro exemption() -%}
    {{ return({
        'is_exempt': 'coalesce(landed.exempt_flag, false) and landed.exempt_reason is not null',
        'exempt_reason': 'case when landed.exempt_flag then landed.exempt_reason end',
        'has_exempt_gap': 'coalesce(landed.exempt_flag, false) and landed.exempt_reason is null'
    }) }}
{%- endmacro %}

{# Two mappings of columns as one. #}
{% macro both(first, second) -%}
    {%- set joined = {} -%}
    {%- do joined.update(first) -%}
    {%- do joined.update(second) -%}
    {{ return(joined) }}
{%- endmacro %}
