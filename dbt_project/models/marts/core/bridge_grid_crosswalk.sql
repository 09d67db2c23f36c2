with crosswalk as (
    select * from {{ ref('int_grid_crosswalk') }}
),

final as (
    select from_version_id, to_version_id, basis, weight, reason, effective_on, is_used
    from crosswalk
)

select * from final
