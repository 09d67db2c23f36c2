{# The cases of an entry of family median, narrow: one row per case and slice, with the minutes from `start` to its time. #}
{% macro metric_durations(metric, slice_kind) -%}
    select
        '{{ metric.id }}' as metric_id,
        '{{ slice_kind }}' as slice_kind,
        coalesce({{ register_slices()[slice_kind] }}, 'UNMAPPED') as slice_code,
        grid_version_id,
        restated_grid_code,
        is_weighted,
        cast({{ metric.time }} as date) as day,
        case when time_precision in ('month', 'year') then time_precision else 'day' end as time_grain,
        {{ minutes_between(metric.start, metric.time) }} as minutes
    from events
    where {{ metric_events(metric) }}
        and {{ metric.start }} is not null
{%- endmacro %}

{# Quantiles of those minutes in the entry's unit of time, at each area from its cases: a median of medians is no median. #}
{% macro metric_quantile(metric) -%}
    select
        basis, metric_id, slice_kind, slice_code, grid_code, area_level, period_kind, period_start, period_end,
        count(*) as den,
        bool_or(is_weighted) as is_weighted,
        {{ quantile('minutes', metric.quantile) }} / {{ register_time_units()[metric.time_unit] }}.0 as stat_value
    from cases
    where metric_id = '{{ metric.id }}'
    group by basis, metric_id, slice_kind, slice_code, grid_code, area_level, period_kind, period_start, period_end
{%- endmacro %}

{# The entries of family median that are made of cases. #}
{% macro median_metrics() -%}
    {{ return(register() | selectattr('family', 'equalto', 'median') | rejectattr('sql') | list) }}
{%- endmacro %}
