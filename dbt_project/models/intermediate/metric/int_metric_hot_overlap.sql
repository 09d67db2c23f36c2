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
    {{ areas_above('placed', ['is_shared', 'is_weighted'], 2) }}
),

final as (
    select
        'M45' as metric_id,
        area_code as grid_code,
        area_level,
        sum(case when is_shared then 1 else 0 end) as num,
        bool_or(is_shared and is_weighted) as is_weighted
    from above
    group by area_code, area_level
)

select * from final
