-- The same as analytics/places.py takes it: with the outline of the area in force, by which a point finds its part.
with restated as (
    select * from {{ ref('int_grid_restated') }}
),

versions as (
    select * from {{ ref('int_grid_path') }}
    where is_current
),

final as (
    select
        restated.grid_version_id, restated.to_code, restated.weight, restated.restated_by, versions.geom_wkt
    from restated
    inner join versions on restated.to_code = versions.grid_code
)

select * from final
