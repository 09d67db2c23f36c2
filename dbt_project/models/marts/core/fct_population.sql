with population as (
    select * from {{ ref('int_population') }}
),

final as (
    select grid_code, year, pop_kind, value, method
    from population
)

select * from final
