with source as (
    select * from {{ source('ops', 'quality_outcome') }}
)

select * from source
