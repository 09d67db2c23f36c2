-- Every version that a notice ended is in the crosswalk, and every area has a line to the root.
with versions as (
    select * from {{ ref('dim_grid') }}
),

ended as (
    select versions.grid_version_id, 'ended by a notice, in no crosswalk' as fault
    from versions
    inner join {{ ref('int_grid_change') }} as changes
        on versions.grid_code = changes.old_code and versions.valid_to = changes.effective_on
    left join {{ ref('bridge_grid_crosswalk') }} as crosswalk
        on versions.grid_version_id = crosswalk.from_version_id
    where crosswalk.from_version_id is null
),

lost as (
    select grids.grid_code as grid_version_id, 'no line to the root' as fault
    from {{ ref('int_grid') }} as grids
    left join versions on grids.grid_code = versions.grid_code
    where versions.grid_code is null
),

unplaced as (
    select past.grid_version_id, 'in force no more, and nowhere today' as fault
    from versions as past
    left join versions as today on past.grid_code = today.grid_code and today.is_current
    left join {{ ref('int_grid_restated') }} as restated on past.grid_version_id = restated.grid_version_id
    cross join {{ ref('build_info') }} as info
    where
        past.valid_from <= cast(info.as_of as date)
        and today.grid_code is null
        and restated.grid_version_id is null
)

select * from ended
union all
select * from lost
union all
select * from unplaced
