with source as (
    select * from {{ source('raw', 'deliberation') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

final as (
    select
        {{ landed_identity('deliberation') }},
        source.grid_code,
        source.community_name,
        source.held_on,
        source.attendance_n,
        source.adopted,
        source.updated_at,
        {{ mapped('hall_kind') }} as hall_kind,
        {{ mapped_category(['topic_class']) }} as category_code
    from source
    {{ code_join('deliberation', 'hall_kind', 'hall_kind', 'held_on') }}
    {{ code_join('deliberation', 'category', 'topic_class', 'held_on') }}
)

select * from final
