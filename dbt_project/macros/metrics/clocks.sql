{# Figures of clocks and stages (entries with `sql:`), per feed and day: feed, day, num, den. Read CTEs of the caller:
   *clocks* (fct_sla_clock with its event's is_counted, reported_at, extension_n and its feed's as_of) and *stages*
   (fct_event_stage with its event's feed and reported_at). A void clock is no figure's; one that is due is one whose
   deadline has passed. #}

{# M19: first responses in time, of those due; by the day they were due. #}
{% macro metric_sql__first_response() -%}
    select feed, cast(deadline_at as date) as day, sum(case when outcome = 'met' then 1 else 0 end) as num, count(*) as den
    from clocks
    where clock_role = 'first_response' and deadline_at <= as_of and outcome in ('met', 'late', 'open_overdue')
    group by feed, cast(deadline_at as date)
{%- endmacro %}

{# M20: urgent calls reached in time, of those that tell when they were reached; by the day of the call. #}
{% macro metric_sql__arrival() -%}
    select feed, cast(reported_at as date) as day, sum(case when outcome = 'met' then 1 else 0 end) as num, count(*) as den
    from clocks
    where clock_role = 'arrival' and event_kind = 'police_incident' and outcome in ('met', 'late')
    group by feed, cast(reported_at as date)
{%- endmacro %}

{# M43: clocks of handling that were extended, of those due; by the day they were due. #}
{% macro metric_sql__extension() -%}
    select
        feed, cast(deadline_at as date) as day,
        sum(case when extension_minutes > 0 or extension_n > 0 then 1 else 0 end) as num, count(*) as den
    from clocks
    where clock_role = 'finish' and deadline_at <= as_of and outcome in ('met', 'late', 'open_overdue')
    group by feed, cast(deadline_at as date)
{%- endmacro %}

{# V04: steps that the life cycle does not know, of all steps; by the day of the report. #}
{% macro metric_sql__bad_transition() -%}
    select feed, cast(reported_at as date) as day, sum(case when is_bad_transition then 1 else 0 end) as num, count(*) as den
    from stages
    group by feed, cast(reported_at as date)
{%- endmacro %}

{# The summands of an entry with `sql:`. A new rule of that kind is one more line here. #}
{% macro metric_sql(name) -%}
    {%- if name == 'metric_sql__data_health' -%}{{ metric_sql__data_health() }}
    {%- elif name == 'metric_sql__first_response' -%}{{ metric_sql__first_response() }}
    {%- elif name == 'metric_sql__arrival' -%}{{ metric_sql__arrival() }}
    {%- elif name == 'metric_sql__extension' -%}{{ metric_sql__extension() }}
    {%- elif name == 'metric_sql__bad_transition' -%}{{ metric_sql__bad_transition() }}
    {%- else -%}{{ exceptions.raise_compiler_error('no macro for sql: ' ~ name) }}
    {%- endif -%}
{%- endmacro %}
