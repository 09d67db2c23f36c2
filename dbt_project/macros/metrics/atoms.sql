{# One macro per family renders an entry of the register. Families that add up (ratio, count, share) go through atoms:
   metric, slice, leaf grid (as it was and today), day, num, den. `until_day` is the first day on whose evening the numerator counts. #}
{% macro metric_atoms(metric, slice_kind) -%}
    {%- set slice_code = register_slices()[slice_kind] -%}
    {%- set has_denominator = metric.family == 'ratio' and not metric.population -%}
    {%- set numerator = '(' ~ metric.denominator ~ ') and (' ~ metric.numerator ~ ')' -%}
    {%- if metric.numerator_time -%}
        {%- set numerator = numerator ~ ' and ' ~ metric.numerator_time ~ ' <= feed_as_of' -%}
        {%- set until = 'case when ' ~ numerator ~ ' and ' ~ metric.numerator_time ~ ' > ' ~ metric.time
            ~ ' then cast(' ~ metric.numerator_time ~ ' as date) else cast(' ~ metric.time ~ ' as date) end' -%}
    {%- else -%}
        {%- set until = 'cast(' ~ metric.time ~ ' as date)' -%}
    {%- endif -%}
    select
        '{{ metric.id }}' as metric_id,
        '{{ slice_kind }}' as slice_kind,
        coalesce({{ slice_code }}, 'UNMAPPED') as slice_code,
        grid_code,
        grid_version_id,
        restated_grid_code,
        is_weighted,
        cast({{ metric.time }} as date) as day,
        {{ until }} as until_day,
        case when time_precision in ('month', 'year') then time_precision else 'day' end as time_grain,
        cast(sum(case when {{ numerator }} then {{ 'coalesce(' ~ metric.sum_of ~ ', 0)' if metric.sum_of else 1 }} else 0 end) as bigint) as num,
        cast({% if has_denominator %}sum(case when {{ metric.denominator }} then 1 else 0 end){% else %}0{% endif %} as bigint) as den
    from events
    where {{ metric_events(metric) }}
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
{%- endmacro %}

{# Which events an entry looks at. A time that its feed has not reached yet does not count yet. #}
{% macro metric_events(metric) -%}
    event_kind in ({% for kind in metric.kinds %}'{{ kind }}'{% if not loop.last %}, {% endif %}{% endfor %})
        {%- if metric.counts == 'counted' %}
        and is_counted
        {%- endif %}
        and {{ metric.time }} <= feed_as_of
        and ({{ metric.filter }})
{%- endmacro %}

{# The entries whose figures are sums of atoms taken from events. One with backlog is its variant's sums and what came
   before (int_metric_backlog). #}
{% macro additive_metrics() -%}
    {{ return(register() | selectattr('family', 'in', ['ratio', 'count', 'share']) | rejectattr('sql') | rejectattr('include_backlog') | list) }}
{%- endmacro %}
