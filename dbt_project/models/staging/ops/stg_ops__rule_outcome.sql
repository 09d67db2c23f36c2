with source as (
    select * from {{ source('ops', 'rule_outcome') }}
)

select * from source
