with source as (
    select * from {{ source('ops', 'code_map') }}
)

select * from source
