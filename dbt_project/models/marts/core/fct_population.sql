with population as (
    select * from {{ ref('int_population') }}
),

today as (
    select * from {{ ref('int_population_restated') }}
),

final as (
    select grid_code, year, pop_kind, 'as_was' as basis, value, method
    from population
    union all
    select grid_code, year, pop_kind, 'restated' as basis, value, method
    from today
)

select * from final
