with source as (
    select * from {{ source('ops', 'touched') }}
)

select * from source
