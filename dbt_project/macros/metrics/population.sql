{# 31 December of a year. #}
{% macro last_day_of(year) -%}make_date({{ year }}, 12, 31){%- endmacro %}

{# Residents of every area: given, else the sum over its nearest descendants that have some. `given` has grid_code, year,
   pop_kind, value; `placed` the same with the area's level and path. #}
{% macro summed_population(given, placed) -%}
    select grid_code, year, pop_kind, cast(value as bigint) as value, 'given' as method
    from {{ given }}
    union all
    select nearest.grid_code, nearest.year, nearest.pop_kind, cast(nearest.value as bigint) as value, 'summed' as method
    from (
        select
            *,
            row_number() over (partition by grid_code, year, pop_kind order by below_level) as nearness
        from (
            {%- for k in range(0, 6) %}
            select path_{{ k }} as grid_code, grid_level as below_level, year, pop_kind, sum(value) as value
            from {{ placed }} as counted_{{ k }}
            where path_{{ k }} is not null and path_{{ k }} <> counted_{{ k }}.grid_code
            group by path_{{ k }}, grid_level, year, pop_kind
            {% if not loop.last %}union all{% endif %}
            {%- endfor %}
        ) as below
    ) as nearest
    left join {{ given }} as own
        on nearest.grid_code = own.grid_code and nearest.year = own.year and nearest.pop_kind = own.pop_kind
    where nearest.nearness = 1 and own.grid_code is null
{%- endmacro %}
