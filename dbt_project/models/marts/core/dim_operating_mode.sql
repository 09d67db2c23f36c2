with modes as (
    select * from {{ ref('stg_reference__operating_mode') }}
),

build_info as (
    select as_of from {{ ref('stg_ops__build_info') }}
),

final as (
    select
        modes.scope_code || '|' || modes.operating_mode || '@' || cast(modes.valid_from as varchar) as mode_id,
        modes.scope_code as grid_code,
        modes.operating_mode,
        modes.valid_from,
        modes.valid_to,
        modes.valid_from <= build_info.as_of and coalesce(modes.valid_to > build_info.as_of, true) as is_current
    from modes
    cross join build_info
)

select * from final
