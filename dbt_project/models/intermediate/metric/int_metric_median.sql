-- Quantiles, computed at each area and due period from its cases. The city as a whole is the same on every map.
with durations as (
    select * from {{ ref('int_metric_duration') }}
),

build_info as (
    select root_code from {{ ref('build_info') }}
),

spans as (
    select * from {{ ref('int_metric_span') }}
),

cuts as (
    select * from {{ ref('ref_metric_cut') }}
),

touched as (
    select * from {{ ref('int_grid_touched') }}
),

areas as (
    {%- for level in [3, 2, 1, 0] %}
    select durations.*, durations.path_{{ level }} as grid_code, {{ level }} as area_level
    from durations
    cross join build_info
    where durations.path_{{ level }} is not null and durations.path_{{ level }} <> build_info.root_code
    union all
    {%- endfor %}
    select durations.*, build_info.root_code as grid_code, 0 as area_level
    from durations
    cross join build_info
    where durations.basis = 'as_was'
),

cases as (
    select
        areas.basis,
        areas.metric_id,
        areas.slice_kind,
        areas.slice_code,
        areas.grid_code,
        areas.area_level,
        areas.minutes,
        areas.is_weighted,
        spans.period_kind,
        spans.period_start,
        spans.period_end
    from areas
    inner join cuts
        on
            areas.metric_id = cuts.metric_id
            and areas.slice_kind = cuts.slice_kind
            and areas.area_level = cuts.grid_level
    inner join spans on areas.chunk_start = spans.chunk_start and cuts.period_kind = spans.period_kind
    where {{ coarse_enough('areas.time_grain', 'spans.period_kind') }}
),

quantiles as (
    {%- for metric in median_metrics() %}
    {{ metric_quantile(metric) }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

final as (
    select quantiles.*, as_was.den as as_was_den, as_was.stat_value as as_was_value
    from quantiles
    left join quantiles as as_was
        on quantiles.basis = 'restated' and as_was.basis = 'as_was' and {{ same_figure('quantiles', 'as_was') }}
    union all
    -- All its cases lie elsewhere today.
    select
        'restated' as basis, as_was.metric_id, as_was.slice_kind, as_was.slice_code, as_was.grid_code,
        as_was.area_level, as_was.period_kind, as_was.period_start, as_was.period_end, 0 as den,
        false as is_weighted, cast(null as double) as stat_value, as_was.den as as_was_den,
        as_was.stat_value as as_was_value
    from quantiles as as_was
    inner join touched on as_was.grid_code = touched.grid_code
    left join quantiles as restated
        on restated.basis = 'restated' and {{ same_figure('as_was', 'restated') }}
    where as_was.basis = 'as_was' and restated.metric_id is null
)

select * from final
