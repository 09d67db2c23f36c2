-- The first cases of the pairs to make anew: a pair is touched with either of its cases
-- (pipelines/building/changes.py).
with touched as (
    select event_id from {{ ref('stg_ops__touched') }}
    where event_id is not null
),

final as (
    select distinct event_id as event_id_a from touched
)

select * from final
