with source as (
    select * from {{ source('ops', 'parse_mark') }}
)

select * from source
