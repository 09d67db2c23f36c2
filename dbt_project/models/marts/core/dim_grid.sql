with grids as (
    select * from {{ ref('int_grid_path') }}
),

final as (
    select
        grid_version_id,
        grid_id,
        grid_code,
        grid_level,
        grid_type,
        name_zh,
        name_en,
        parent_code,
        {%- for k in range(0, 6) %}
        path_{{ k }},
        {%- endfor %}
        code_authority,
        geom_wkt,
        households,
        valid_from,
        valid_to,
        is_current,
        change_reason,
        source_notice
    from grids
)

select * from final
