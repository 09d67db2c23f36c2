-- Events as the semantic layer reads them: with their feed's as_of, and the district they lay in. Not finer, because
-- small cells are suppressed below the district and a tool that sums for itself would not know.
with facts as (
    select * from {{ ref('fct_event') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

areas as (
    select * from {{ ref('dim_grid') }}
),

final as (
    select
        facts.*,
        feeds.as_of as feed_as_of,
        coalesce(areas.path_1, 'UNASSIGNED') as district_code
    from facts
    inner join feeds on facts.feed = feeds.feed
    left join areas on facts.grid_version_id = areas.grid_version_id
)

select * from final
