{{ config(materialized='table') }}
-- Cases open at their own feed's as_of, with their age and whether their deadline has passed.
with facts as (
    select * from {{ ref('fct_event') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

bands as (
    select * from {{ ref('ref_age_band') }}
),

-- A feed in which no case was ever closed delivers no closing. Whether its cases are open is not known: it has none.
closing_feeds as (
    select feed from facts
    group by feed
    having count(closed_at) > 0
),

open_cases as (
    select
        facts.event_id,
        facts.event_kind,
        facts.grid_code,
        facts.grid_version_id,
        facts.restated_grid_code,
        facts.restated_by = 'weight' as is_weighted,
        facts.deadline_at,
        cast(feeds.as_of as date) as as_of_day,
        {{ days_between('cast(facts.reported_at as date)', 'cast(feeds.as_of as date)') }} as age_days,
        coalesce(facts.deadline_at < feeds.as_of, false) as is_overdue,
        -- Its deadline had passed a week ago already: it was on last week's list.
        coalesce(facts.deadline_at < {{ add_days('cast(feeds.as_of as date)', -7) }}, false) as was_overdue
    from facts
    inner join feeds on facts.feed = feeds.feed
    inner join closing_feeds on facts.feed = closing_feeds.feed
    where
        facts.is_counted
        and facts.reported_at <= feeds.as_of
        and (
            facts.current_state not in ({{ shut_states() }})
            or facts.closed_at > feeds.as_of
        )
),

final as (
    select open_cases.*, bands.age_band
    from open_cases
    inner join bands on open_cases.age_days >= bands.days_from and open_cases.age_days <= bands.days_to
)

select * from final
