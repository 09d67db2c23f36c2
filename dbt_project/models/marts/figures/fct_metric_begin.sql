-- From which day on a figure's cases were sent: before it nothing can be compared. The chunk that holds the first case
-- is a part of a week at most.
with chunks as (
    select * from {{ ref('int_metric_area_chunk') }}
),

-- Grids are known from the first day of the city's map on.
grids as (
    select min(areas.valid_from) as first_day
    from {{ ref('dim_grid') }} as areas
    cross join {{ ref('build_info') }} as info
    where areas.grid_code not in ('UNASSIGNED', info.root_code)
),

final as (
    select metric_id, min(chunk_start) as first_day
    from chunks
    where slice_kind = 'all'
    group by metric_id
    union all
    select metrics.metric_id, grids.first_day
    from {{ ref('ref_metric') }} as metrics
    cross join grids
    where metrics.formula = 'int_metric_grid_count'
)

select * from final
