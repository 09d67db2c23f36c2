{# Quantiles of minutes from `start` to the metric's time, at each area from its cases: a median of medians is no median.
   num is unused, den the number of cases, stat_value whole and part days. #}
{% macro metric_medians(metric, slice_kind) -%}
    {%- set slice_code = register_slices()[slice_kind] -%}
    select
        '{{ metric.id }}' as metric_id,
        '{{ slice_kind }}' as slice_kind,
        coalesce({{ slice_code }}, 'UNMAPPED') as slice_code,
        area_code as grid_code,
        area_level,
        period_kind,
        period_start,
        period_end,
        count(*) as den,
        {{ quantile('minutes', metric.quantile) }} / 1440.0 as stat_value
    from (
        select *, {{ minutes_between(metric.start, metric.time) }} as minutes
        from cases
        where metric_id = '{{ metric.id }}' and slice_kind = '{{ slice_kind }}' and {{ metric.start }} is not null
    ) as timed
    group by area_code, area_level, period_kind, period_start, period_end, coalesce({{ slice_code }}, 'UNMAPPED')
{%- endmacro %}
