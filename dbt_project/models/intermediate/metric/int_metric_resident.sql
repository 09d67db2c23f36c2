{{ config(materialized='table') }}
-- The population that a period of a year is divided by: that year's, else the latest before it. As it was: what the
-- area was said to have, and for one that nobody counted yet, what the areas it came from had. Restated: on the map in
-- force. A population that adds kinds up is there only where each of them is known.
with population as (
    select * from {{ ref('fct_population') }}
),

years as (
    select distinct year from {{ ref('dim_date') }}
),

offered as (
    select basis, grid_code, pop_kind, year, value, 0 as is_derived from population
    union all
    select 'as_was' as basis, grid_code, pop_kind, year, value, 1 as is_derived from population
    where basis = 'restated'
),

ranked as (
    select
        offered.basis,
        offered.grid_code,
        offered.pop_kind,
        years.year,
        offered.value,
        row_number() over (
            partition by offered.basis, offered.grid_code, offered.pop_kind, years.year
            order by offered.is_derived asc, offered.year desc
        ) as nearness
    from offered
    inner join years on offered.year <= years.year
),

nearest as (
    select basis, grid_code, pop_kind, year, value
    from ranked
    where nearness = 1
),

summed as (
    select basis, grid_code, pop_kind, year, value
    from nearest
    {%- for name, kinds in register_populations().items() %}
    union all
    select basis, grid_code, '{{ name }}' as pop_kind, year, sum(value) as value
    from nearest
    where pop_kind in ('{{ kinds | join("', '") }}')
    group by basis, grid_code, year
    having count(*) = {{ kinds | length }}
    {%- endfor %}
),

final as (
    select
        summed.*,
        summed.basis = 'restated' and {{ differs('summed.value', 'as_was.value') }} as is_other
    from summed
    left join summed as as_was
        on
            as_was.basis = 'as_was'
            and summed.grid_code = as_was.grid_code
            and summed.pop_kind = as_was.pop_kind
            and summed.year = as_was.year
)

select * from final
