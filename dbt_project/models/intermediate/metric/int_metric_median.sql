-- Quantiles, computed at each area and due period from its cases.
with facts as (
    select * from {{ ref('fct_event') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

paths as (
    select * from {{ ref('int_grid_path') }}
),

build_info as (
    select root_code from {{ ref('build_info') }}
),

due as (
    select * from {{ ref('int_metric_due_period') }}
),

cuts as (
    select * from {{ ref('ref_metric_cut') }}
),

events as (
    select facts.*, feeds.as_of as feed_as_of
    from facts
    inner join feeds on facts.feed = feeds.feed
),

selected as (
    {%- for metric in register() if metric.family == 'median' %}
    {% if not loop.first %}union all{% endif %}
    select '{{ metric.id }}' as metric_id, cast({{ metric.time }} as date) as day, *
    from events
    where {{ metric_events(metric) }}
    {%- endfor %}
),

placed as (
    select selected.*, paths.path_0, paths.path_1, paths.path_2, paths.path_3
    from selected
    inner join paths
        on selected.grid_code = paths.grid_code and selected.day >= paths.span_from and selected.day < paths.span_to
),

areas as (
    {%- for level in [3, 2, 1, 0] %}
    select placed.*, path_{{ level }} as area_code, {{ level }} as area_level
    from placed
    cross join build_info
    where path_{{ level }} is not null and path_{{ level }} <> root_code
    union all
    {%- endfor %}
    select placed.*, root_code as area_code, 0 as area_level
    from placed
    cross join build_info
),

cases as (
    select areas.*, cuts.slice_kind, due.period_kind, due.period_start, due.period_end
    from areas
    inner join cuts on areas.metric_id = cuts.metric_id and areas.area_level = cuts.grid_level
    inner join due
        on cuts.period_kind = due.period_kind and areas.day >= due.period_start and areas.day <= due.period_end
    where
        {{ coarse_enough(
            "case when areas.time_precision in ('month', 'year') then areas.time_precision else 'day' end",
            'due.period_kind'
        ) }}
),

final as (
    {%- for metric in register() if metric.family == 'median' %}
    {%- set metric_loop = loop %}
    {%- for slice_kind in metric.slices + metric.slices_coarse %}
    {% if not (metric_loop.first and loop.first) %}union all{% endif %}
    {{ metric_medians(metric, slice_kind) }}
    {%- endfor %}
    {%- endfor %}
)

select * from final
