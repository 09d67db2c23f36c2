with source as (
    select * from {{ source('ops', 'feed') }}
)

select * from source
