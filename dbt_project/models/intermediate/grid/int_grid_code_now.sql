-- Where each code that ever was lies on the map in force: itself, else the area that took most of it. For what names an
-- area once and for all (posts, centres, organisations); cases are moved one by one.
with versions as (
    select * from {{ ref('int_grid_path') }}
),

restated as (
    select * from {{ ref('int_grid_restated') }}
),

in_force as (
    select grid_code from versions
    where is_current
),

latest as (
    select
        versions.grid_code,
        restated.to_code,
        row_number() over (
            partition by versions.grid_code
            order by versions.valid_from desc, restated.weight desc, restated.to_code asc
        ) as rank_no
    from versions
    inner join restated on versions.grid_version_id = restated.grid_version_id
    where versions.grid_code not in (select in_force.grid_code from in_force)
),

final as (
    select grid_code, grid_code as current_code from in_force
    union all
    select grid_code, to_code as current_code from latest
    where rank_no = 1
)

select * from final
