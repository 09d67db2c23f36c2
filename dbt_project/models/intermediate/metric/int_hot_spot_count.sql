-- Cases of each kind reported in the days before as_of, where they lie on the map in force: what V01 counts, but a
-- matter that two departments keep counts with its root alone, or it would make one place a hot spot of both. What is
-- known to the month or year only may lie outside the window; what is placed no finer than a community lies in no grid.
with facts as (
    select * from {{ ref('fct_event') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

kinds as (
    select * from {{ ref('ref_event_kind') }}
),

areas as (
    select * from {{ ref('int_hot_spot_area') }}
),

build_info as (
    select cast(as_of as date) as as_of_day from {{ ref('build_info') }}
),

final as (
    select
        areas.grid_code,
        facts.event_kind,
        count(*) as cases_n,
        sum(case when facts.restated_by = 'weight' then 1 else 0 end) as weighted_n
    from facts
    cross join build_info
    inner join feeds on facts.feed = feeds.feed
    inner join kinds on facts.event_kind = kinds.event_kind
    inner join areas on facts.restated_grid_code = areas.grid_code
    where
        kinds.is_case
        and facts.is_counted
        and facts.root_event_id = facts.event_id
        and facts.time_precision not in ('month', 'year')
        and facts.reported_at <= feeds.as_of
        and cast(facts.reported_at as date)
        > {{ add_days('build_info.as_of_day', '-' ~ threshold('hot_spot_days')) }}
    group by areas.grid_code, facts.event_kind
)

select * from final
