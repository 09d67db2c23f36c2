with grids as (
    select * from {{ ref('int_grid_path') }}
),

build_info as (
    select * from {{ ref('stg_ops__build_info') }}
),

final as (
    select
        grids.grid_version_id,
        grids.grid_code as grid_id,
        grids.grid_code,
        grids.grid_level,
        grids.grid_type,
        grids.name_zh,
        grids.name_en,
        grids.parent_code,
        {%- for k in range(0, 6) %}
        grids.path_{{ k }},
        {%- endfor %}
        grids.code_authority,
        grids.geom_wkt,
        grids.households,
        grids.valid_from,
        grids.valid_to,
        grids.is_latest and grids.valid_to > cast(build_info.as_of as date) as is_current
    from grids
    cross join build_info
)

select * from final
