{# Rows of a relation with path_0 .. path_<finest>, once for each area that they lie in, and once for the city whatever its
   level: the columns, area_code, area_level. `by_level`: columns that the relation has for each level; false in the city.
   Needs the CTE build_info (root_code). #}
{% macro areas_above(relation, columns, finest, by_level=[]) -%}
    {%- for level in range(finest, -1, -1) %}
    select
        {%- for column in columns %}
        {{ relation }}.{{ column }},
        {%- endfor %}
        {%- for column in by_level %}
        {{ relation }}.{{ column }}_{{ level }} as {{ column }},
        {%- endfor %}
        {{ relation }}.path_{{ level }} as area_code,
        {{ level }} as area_level
    from {{ relation }}
    cross join build_info
    where {{ relation }}.path_{{ level }} is not null and {{ relation }}.path_{{ level }} <> build_info.root_code
    union all
    {%- endfor %}
    select
        {%- for column in columns %}
        {{ relation }}.{{ column }},
        {%- endfor %}
        {%- for column in by_level %}
        false as {{ column }},
        {%- endfor %}
        build_info.root_code as area_code,
        0 as area_level
    from {{ relation }}
    cross join build_info
{%- endmacro %}

{# Events (restated_grid_code, grid_version_id, is_weighted) with the areas that they lie in now, on the map of that day; is_by_share_<k>:
   whether in the area of level k they lie only by a share. Needs the CTE paths (int_grid_path). #}
{% macro placed_now(relation, columns) -%}
    select
        {%- for column in columns %}
        {{ relation }}.{{ column }},
        {%- endfor %}
        {%- for k in range(0, 5) %}
        paths.path_{{ k }},
        {{ relation }}.is_weighted and {{ differs('paths.path_' ~ k, 'old_paths.path_' ~ k) }} as is_by_share_{{ k }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    inner join paths on {{ relation }}.restated_grid_code = paths.grid_code and paths.is_current
    left join paths as old_paths on {{ relation }}.grid_version_id = old_paths.grid_version_id
{%- endmacro %}

{# The finest level at which the register divides by a population; the city's where it never does. #}
{% macro finest_level_of(population) -%}
    {%- set entries = register() | selectattr('population', 'equalto', population) | list -%}
    {{ return(entries | map(attribute='levels') | sum(start=[0]) | max) }}
{%- endmacro %}
