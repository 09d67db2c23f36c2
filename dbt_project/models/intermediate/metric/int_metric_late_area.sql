-- Cases that outlived their deadline (rates with backlog), in every area they lay in; and, where they lie in others
-- today, what leaves the old areas (-1) and comes to the new ones (1).
-- noqa: disable=LT02
with facts as (
    select * from {{ ref('fct_event') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

paths as (
    select * from {{ ref('int_grid_path') }}
),

moves as (
    select * from {{ ref('int_grid_moved') }}
),

build_info as (
    select root_code from {{ ref('build_info') }}
),

events as (
    select facts.*, facts.restated_by = 'weight' as is_weighted, feeds.as_of as feed_as_of
    from facts
    inner join feeds on facts.feed = feeds.feed
),

late_cases as (
    {%- for metric in backlog_metrics() %}
    {{ metric_late_cases(metric) }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

placed as (
    select
        late_cases.*, 'own' as side, 1 as own_n, 0 as moved_n
        {%- for k in range(0, 4) %},
        paths.path_{{ k }}
        {%- endfor %}
    from late_cases
    -- An event without a place has no version; its pseudo-area has one.
    inner join paths on coalesce(late_cases.grid_version_id, 'UNASSIGNED@1900-01-01') = paths.grid_version_id
    {%- for side, sign in [('old', -1), ('new', 1)] %}
    union all
    select
        late_cases.*, '{{ side }}' as side, 0 as own_n, {{ sign }} as moved_n
        {%- for k in range(0, 4) %},
        moves.{{ side }}_path_{{ k }} as path_{{ k }}
        {%- endfor %}
    from late_cases
    inner join moves
        on
            late_cases.grid_version_id = moves.grid_version_id
            and late_cases.restated_grid_code = moves.restated_grid_code
    {%- endfor %}
),

final as (
    {%- for level in [3, 2, 1, 0] %}
    select placed.*, placed.path_{{ level }} as area_code, {{ level }} as area_level
    from placed
    cross join build_info
    where placed.path_{{ level }} is not null and placed.path_{{ level }} <> build_info.root_code
    union all
    {%- endfor %}
    select placed.*, build_info.root_code as area_code, 0 as area_level
    from placed
    cross join build_info
    where placed.own_n = 1
)

select * from final
