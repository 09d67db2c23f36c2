with source as (
    select * from {{ source('ops', 'target_decision') }}
)

select * from source
