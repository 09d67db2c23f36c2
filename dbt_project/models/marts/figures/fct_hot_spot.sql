-- Areas with enough cases of a kind to be judged, as they may be shown: no count, and z and q rounded, so that what a
-- neighbour with few cases has is not worked out from them (q upwards: the shown one is within the limit where q is).
with spots as (
    select * from {{ ref('int_hot_spot') }}
),

areas as (
    select * from {{ ref('int_hot_spot_area') }}
),

build_info as (
    select cast(as_of as date) as as_of_day from {{ ref('build_info') }}
),

limits as (
    select
        {{ threshold('hot_spot_least_cases') }} as least_cases,
        {{ threshold('hot_spot_least_kinds') }} as least_kinds,
        {{ threshold('hot_spot_days') }} as window_days
),

counted as (
    select
        spots.*,
        sum(case when spots.is_hot then 1 else 0 end) over (partition by spots.grid_code) as hot_kinds_n
    from spots
),

final as (
    select
        counted.event_kind,
        counted.grid_code,
        areas.grid_version_id,
        areas.grid_level,
        {{ add_days('build_info.as_of_day', '1 - limits.window_days') }} as period_start,
        build_info.as_of_day as period_end,
        counted.neighbours,
        counted.neighbours_n,
        round(counted.z, 1) as z,
        ceil(round(100 * counted.q, 6)) / 100 as q,
        counted.is_hot,
        cast(counted.hot_kinds_n as bigint) as hot_kinds_n,
        counted.hot_kinds_n >= limits.least_kinds as is_shared,
        round(counted.eb_rate_per_1000, 1) as eb_rate_per_1000,
        counted.is_weighted
    from counted
    inner join areas on counted.grid_code = areas.grid_code
    cross join build_info
    cross join limits
    where counted.cases_n >= limits.least_cases
)

select * from final
