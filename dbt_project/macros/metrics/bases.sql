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
            and held.metric_id = restated.metric_id
            and held.slice_kind = restated.slice_kind
            and held.slice_code = restated.slice_code
            and held.grid_code = restated.grid_code
            and held.period_kind = restated.period_kind
            and held.period_start = restated.period_start
            and held.period_end = restated.period_end
    where
        held.basis = 'as_was'
        and restated.metric_id is null
        and held.grid_code in (select moved.grid_code from {{ relation }} as moved where moved.basis = 'restated')
{%- endmacro %}
