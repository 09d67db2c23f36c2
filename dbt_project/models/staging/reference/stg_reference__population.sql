-- One row per area, year and kind of population.
with latest as (
    {{ latest_reference('population', 'area_code, year') }}
),

unfolded as (
    select area_code as grid_code, year, 'usual' as pop_kind, usual_residents as value from latest
    union all
    select area_code as grid_code, year, 'registered' as pop_kind, registered_residents as value from latest
    union all
    select area_code as grid_code, year, 'floating' as pop_kind, floating_residents as value from latest
    union all
    select area_code as grid_code, year, 'households' as pop_kind, households as value from latest
),

final as (
    select grid_code, cast(year as integer) as year, pop_kind, value
    from unfolded
    where value is not null
)

select * from final
