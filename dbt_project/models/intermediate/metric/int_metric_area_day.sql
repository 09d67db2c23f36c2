-- Daily figures down to the street.
{%- set keys = 'metric_id, slice_kind, slice_code, day' %}
with located as (
    select * from {{ ref('int_metric_located') }}
),

build_info as (
    select root_code from {{ ref('build_info') }}
),

due as (
    select * from {{ ref('int_metric_due_period') }}
),

cuts as (
    select distinct metric_id, slice_kind
    from {{ ref('ref_metric_cut') }}
    where period_kind = 'day'
),

daily as (
    select
        {{ keys }}, path_0, path_1, path_2,
        {{ summed_measures('until_day <= day') }}
    from located
    where (metric_id, slice_kind) in (select (cuts.metric_id, cuts.slice_kind) from cuts) and time_grain = 'day'
    group by {{ keys }}, path_0, path_1, path_2
),

areas as (
    {%- for level in [2, 1, 0] %}
    select {{ keys }}, path_{{ level }} as grid_code, {{ level }} as area_level, {{ summed_measures() }}
    from daily
    cross join build_info
    where path_{{ level }} is not null and path_{{ level }} <> root_code
    group by {{ keys }}, path_{{ level }}
    union all
    {%- endfor %}
    select {{ keys }}, root_code as grid_code, 0 as area_level, {{ summed_measures() }}
    from daily
    cross join build_info
    group by {{ keys }}, root_code
),

final as (
    select
        areas.metric_id, areas.slice_kind, areas.slice_code, areas.grid_code, areas.area_level,
        due.period_kind, due.period_start, due.period_end, {{ measures('areas') }}
    from areas
    inner join due on due.period_kind = 'day' and areas.day = due.period_start
)

select * from final
