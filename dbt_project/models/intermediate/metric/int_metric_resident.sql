{{ config(materialized='table') }}
-- The population that a period of a year is divided by: that year's, else the latest before it. A population that adds
-- kinds up is there only where each of them is known.
with population as (
    select * from {{ ref('fct_population') }}
),

years as (
    select distinct year from {{ ref('dim_date') }}
),

ranked as (
    select
        population.grid_code,
        population.pop_kind,
        years.year,
        population.value,
        row_number() over (
            partition by population.grid_code, population.pop_kind, years.year order by population.year desc
        ) as nearness
    from population
    inner join years on population.year <= years.year
),

nearest as (
    select grid_code, pop_kind, year, value
    from ranked
    where nearness = 1
),

final as (
    select grid_code, pop_kind, year, value
    from nearest
    {%- for name, kinds in register_populations().items() %}
    union all
    select grid_code, '{{ name }}' as pop_kind, year, sum(value) as value
    from nearest
    where pop_kind in ('{{ kinds | join("', '") }}')
    group by grid_code, year
    having count(*) = {{ kinds | length }}
    {%- endfor %}
)

select * from final
