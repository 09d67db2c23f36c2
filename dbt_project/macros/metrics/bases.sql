{# Whether rows of two relations are of one metric, slice, area and period. #}
{% macro same_figure(one, other) -%}
    {%- for column in ['metric_id', 'slice_kind', 'slice_code', 'grid_code', 'period_kind', 'period_start', 'period_end'] -%}
        {{ one }}.{{ column }} = {{ other }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# Published figures as they were, and on the map in force: the restated row where there is one, else, for an area in force
   whose cases moved, the row as it was. So two periods can be compared on one basis. #}
{% macro on_both_bases(relation) -%}
    select *
    from {{ relation }}
    union all
    select
        held.metric_id, held.slice_kind, held.slice_code, held.grid_code, held.grid_version_id, held.grid_level,
        held.period_kind, held.period_start, held.period_end, 'restated' as basis, held.num, held.den, held.stat_value,
        held.is_suppressed, held.reason, held.is_weighted, held.ci_low, held.ci_high
    from {{ relation }} as held
    left join {{ relation }} as restated
        on
            restated.basis = 'restated'
            and {{ same_figure('held', 'restated') }}
    where
        held.basis = 'as_was'
        and restated.metric_id is null
        and held.grid_code in (select moved.grid_code from {{ relation }} as moved where moved.basis = 'restated')
{%- endmacro %}

{# Of published figures, one row each on the map in force: the restated one where there is one. #}
{% macro in_force(relation) -%}
    select held.*
    from {{ relation }} as held
    left join {{ relation }} as restated
        on
            held.basis = 'as_was'
            and restated.basis = 'restated'
            and {{ same_figure('held', 'restated') }}
    where restated.metric_id is null
{%- endmacro %}
