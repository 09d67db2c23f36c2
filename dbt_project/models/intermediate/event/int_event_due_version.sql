-- The current versions to bring into the marts: all on a full build, else those of touched events.
with versions as (
    select * from {{ ref('int_event_current') }}
),

build_info as (
    select mode from {{ ref('stg_ops__build_info') }}
),

touched as (
    select event_id from {{ ref('stg_ops__touched') }}
    where event_id is not null
),

final as (
    select versions.*
    from versions
    cross join build_info
    where build_info.mode = 'full' or versions.event_id in (select touched.event_id from touched)
)

select * from final
