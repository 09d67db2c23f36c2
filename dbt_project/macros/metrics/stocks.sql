{# A stock at as_of: the open cases of an entry's kinds and filter. #}
{% macro metric_stock(metric, slice_kind) -%}
    select
        '{{ metric.id }}' as metric_id,
        '{{ slice_kind }}' as slice_kind,
        {{ "'all'" if slice_kind == 'all' else slice_kind }} as slice_code,
        grid_code,
        area_level,
        sum(cases_n) as num,
        bool_or(is_weighted) as is_weighted
    from stock_areas
    where metric_id = '{{ metric.id }}'
    group by 1, 2, 3, 4, 5
{%- endmacro %}

{# M50: checks passed, weighted by severity, over the files that arrived. A check that raised an error is never a pass. #}
{% macro metric_sql__data_health() -%}
    select
        outcomes.feed,
        coalesce(cast(outcomes.extracted_at as date), cast(outcomes.clock_max as date)) as day,
        sum(case when outcomes.failed_n = 0 and not outcomes.is_error then weights.weight else 0 end) as num,
        sum(weights.weight) as den
    from outcomes
    inner join weights on outcomes.severity = weights.severity
    group by outcomes.feed, coalesce(cast(outcomes.extracted_at as date), cast(outcomes.clock_max as date))
{%- endmacro %}

{# M47: pairs of leaf grid and category with several declared repeats before as_of. By place and category, never by person. #}
{% macro metric_sql__repeat_points(metric) -%}
    select
        '{{ metric.id }}' as metric_id,
        restated_grid_code as grid_code,
        category_code,
        bool_or(restated_by = 'weight') as is_weighted
    from recent
    where event_kind in ({% for kind in metric.kinds %}'{{ kind }}'{% if not loop.last %}, {% endif %}{% endfor %})
    group by restated_grid_code, category_code
    having count(*) >= {{ threshold('repeat_point_least') }}
{%- endmacro %}
