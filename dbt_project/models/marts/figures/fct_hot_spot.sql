-- Areas with enough cases of a kind to be judged, as they may be shown: no count, z in halves and q in bands. An exact
-- z tells the sum of a neighbourhood, and with the neighbours that may be shown, the few cases of the one that may not.
-- So does a rate, from which the count comes back: it is there for matters only.
with spots as (
    select * from {{ ref('int_hot_spot') }}
),

areas as (
    select * from {{ ref('int_hot_spot_area') }}
),

matters as (
    select event_kind from {{ ref('ref_event_kind') }}
    where subject = 'matter'
),

build_info as (
    select cast(as_of as date) as as_of_day from {{ ref('build_info') }}
),

limits as (
    select
        {{ threshold('hot_spot_least_kinds') }} as least_kinds,
        {{ threshold('hot_spot_max_q') }} as max_q,
        {{ threshold('hot_spot_strong_q') }} as strong_q,
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
        round(2 * counted.z) / 2 as z,
        case
            when counted.q <= limits.strong_q then limits.strong_q
            when counted.q <= limits.max_q then limits.max_q
            when counted.q is not null then 1.0
        end as q_at_most,
        counted.is_hot,
        cast(counted.hot_kinds_n as bigint) as hot_kinds_n,
        counted.hot_kinds_n >= limits.least_kinds as is_shared,
        case when matters.event_kind is not null then round(counted.eb_rate_per_1000, 1) end as eb_rate_per_1000,
        counted.is_weighted
    from counted
    inner join areas on counted.grid_code = areas.grid_code
    left join matters on counted.event_kind = matters.event_kind
    cross join build_info
    cross join limits
)

select * from final
