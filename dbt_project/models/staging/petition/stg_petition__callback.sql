with source as (
    select * from {{ source('raw', 'callback') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

final as (
    select
        {{ landed_identity('callback') }},
        source.event_no,
        source.called_back_at,
        source.reached,
        source.contacted,
        source.solved,
        source.updated_at,
        {{ mapped('method') }} as method,
        {{ mapped('satisfaction') }} as satisfaction
    from source
    {{ code_join('callback', 'callback_method', 'method', 'called_back_at') }}
    {{ code_join('callback', 'satisfaction', 'satisfaction', 'called_back_at') }}
)

select * from final
