{{ config(materialized='table') }}
-- The periods for which somebody printed a figure about an area of this city: "since 2021", "this year" as of an
-- article's date. They are periods of the lattice, so that a printed figure meets ours over the same days.
with printed as (
    select * from {{ ref('ref_published_figure') }}
),

areas as (
    select grid_code from {{ ref('dim_grid') }}
),

build_info as (
    select cast(as_of as date) as as_of_day from {{ ref('build_info') }}
),

final as (
    select distinct printed.period_kind, printed.period_start, printed.period_end
    from printed
    cross join build_info
    where
        printed.period_kind in ('cumulative', 'year_to_date')
        and printed.grid_code in (select areas.grid_code from areas)
        and printed.period_end <= build_info.as_of_day
)

select * from final
