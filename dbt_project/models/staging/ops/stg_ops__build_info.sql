with source as (
    select * from {{ source('ops', 'build_info') }}
)

select * from source
