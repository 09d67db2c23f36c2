with source as (
    select * from {{ source('ops', 'code_name') }}
)

select * from source
