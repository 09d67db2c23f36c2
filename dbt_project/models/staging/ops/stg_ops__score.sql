with source as (
    select * from {{ source('ops', 'score') }}
)

select * from source
