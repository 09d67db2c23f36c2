with source as (
    select * from {{ source('ops', 'feed_outcome') }}
)

select * from source
