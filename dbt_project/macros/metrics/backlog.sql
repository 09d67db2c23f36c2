{# Rates by deadline that take in backlog: what was due before the period and still open at its start. #}
{% macro backlog_metrics() -%}
    {{ return(register() | selectattr('include_backlog') | list) }}
{%- endmacro %}

{# The cases of such an entry that outlived their deadline, with the days between which they are backlog: a case is in
   the backlog of a period that starts after its deadline and not after its closing. #}
{% macro metric_late_cases(metric) -%}
    select
        '{{ metric.id }}' as metric_id,
        event_id,
        grid_version_id,
        restated_grid_code,
        is_weighted,
        cast({{ metric.time }} as date) as due_day,
        case when closed_at <= feed_as_of then cast(closed_at as date) end as closed_day,
        {%- if metric.numerator_time %}
        case
            when ({{ metric.denominator }}) and ({{ metric.numerator }}) and {{ metric.numerator_time }} <= feed_as_of
                then cast({{ metric.numerator_time }} as date)
        end as counts_from,
        {%- else %}
        case when ({{ metric.denominator }}) and ({{ metric.numerator }}) then cast({{ metric.time }} as date) end as counts_from,
        {%- endif %}
        case when time_precision in ('month', 'year') then time_precision else 'day' end as time_grain
    from events
    where {{ metric_events(metric) }}
        and ({{ metric.denominator }})
        and (
            cast(closed_at as date) > cast({{ metric.time }} as date)
            or (closed_at is null and current_state not in ({{ shut_states() }}))
        )
{%- endmacro %}

{# States of a case that is no longer open, as a list in SQL. #}
{% macro shut_states() -%}
    'CLOSED', 'FORCED_CLOSED', 'REJECTED', 'MERGED', 'WITHDRAWN', 'TRANSFERRED'
{%- endmacro %}
