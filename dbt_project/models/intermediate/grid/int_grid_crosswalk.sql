{{ config(materialized='table') }}
-- From each version of an area to those that follow it: by a change notice with the share that goes to each, else
-- whole to the next version of the same area. `is_used`: of several bases, the one that counts are moved by.
with versions as (
    select * from {{ ref('int_grid_path') }}
),

changes as (
    select * from {{ ref('int_grid_change') }}
),

noticed as (
    select
        old_version.grid_version_id as from_version_id,
        new_version.grid_version_id as to_version_id,
        changes.weight_basis as basis,
        sum(changes.weight) as weight,
        min(changes.change_kind) as reason,
        changes.effective_on
    from changes
    inner join versions as old_version
        on changes.old_code = old_version.grid_code and changes.effective_on = old_version.valid_to
    inner join versions as new_version
        on changes.new_code = new_version.grid_code and changes.effective_on = new_version.valid_from
    group by
        old_version.grid_version_id, new_version.grid_version_id, changes.weight_basis, changes.effective_on
),

continued as (
    select
        this_version.grid_version_id as from_version_id,
        next_version.grid_version_id as to_version_id,
        'one_to_one' as basis,
        1.0 as weight,
        next_version.change_reason as reason,
        this_version.valid_to as effective_on
    from versions as this_version
    inner join versions as next_version
        on this_version.grid_code = next_version.grid_code and this_version.valid_to = next_version.valid_from
    left join noticed on this_version.grid_version_id = noticed.from_version_id
    where noticed.from_version_id is null
),

unioned as (
    select * from noticed
    union all
    select * from continued
),

ranked as (
    select
        *,
        case basis
            when 'one_to_one' then 1
            when 'population' then 2
            when 'households' then 3
            when 'area' then 4
            else 5
        end as basis_rank
    from unioned
),

final as (
    select
        from_version_id,
        to_version_id,
        basis,
        weight,
        reason,
        effective_on,
        basis_rank = min(basis_rank) over (partition by from_version_id) as is_used
    from ranked
)

select * from final
