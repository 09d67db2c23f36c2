-- Areas that are hot spots of several kinds of cases at as_of (M45), counted in every area they lie in. Where they were
-- looked for and none was found, the figure is 0; of one kind alone nothing can be shared, and there is no figure.
with spots as (
    select * from {{ ref('int_hot_spot') }}
),

areas as (
    select * from {{ ref('int_hot_spot_area') }}
),

build_info as (
    select root_code from {{ ref('build_info') }}
),

looked_for as (
    select count(distinct event_kind) as kinds_n from spots
    where q is not null
),

judged as (
    select
        grid_code,
        sum(case when is_hot then 1 else 0 end) >= {{ threshold('hot_spot_least_kinds') }} as is_shared,
        bool_or(is_hot and is_weighted) as is_weighted
    from spots
    group by grid_code
),

placed as (
    select
        coalesce(judged.is_shared, false) as is_shared,
        coalesce(judged.is_weighted, false) as is_weighted,
        areas.path_0, areas.path_1, areas.path_2
    from areas
    cross join looked_for
    left join judged on areas.grid_code = judged.grid_code
    where looked_for.kinds_n >= {{ threshold('hot_spot_least_kinds') }}
),

above as (
    {%- for level in [2, 1, 0] %}
    select path_{{ level }} as grid_code, {{ level }} as area_level, is_shared, is_weighted
    from placed
    cross join build_info
    where path_{{ level }} is not null and path_{{ level }} <> root_code
    union all
    {%- endfor %}
    select root_code as grid_code, 0 as area_level, is_shared, is_weighted
    from placed
    cross join build_info
),

final as (
    select
        'M45' as metric_id,
        grid_code,
        area_level,
        sum(case when is_shared then 1 else 0 end) as num,
        bool_or(is_shared and is_weighted) as is_weighted
    from above
    group by grid_code, area_level
)

select * from final
