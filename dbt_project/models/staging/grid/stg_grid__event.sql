with source as (
    select * from {{ source('raw', 'grid_event') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

department_names as (
    select * from {{ ref('stg_reference__department_name') }}
),

final as (
    select
        {{ landed_identity('grid_event') }},
        source.lon,
        source.lat,
        source.grid_code,
        source.qr_grid_code,
        source.occurred_at,
        source.reported_at,
        source.dispatched_at,
        source.acknowledged_at,
        source.handled_at,
        source.verified_at,
        source.closed_at,
        source.handling_level,
        source.self_handled,
        source.called_orgs,
        source.escalations,
        source.return_n,
        source.attachment_n,
        source.updated_at,
        {{ mapped('task_kind') }} as task_kind,
        {{ mapped('reporter_kind') }} as reporter_kind,
        {{ mapped('severity') }} as severity,
        {{ mapped('current_stage') }} as current_stage,
        {{ mapped('satisfaction') }} as satisfaction,
        {{ mapped('operating_mode') }} as operating_mode,
        {{ mapped_department('handle_org') }} as handle_dept_id,
        {{ mapped_department('whistle_org') }} as whistle_dept_id,
        {{ class_split(['class_l3_code', 'class_l2_code', 'class_l1_code']) }} as is_class_split,
        {{ mapped_category(['class_l3_code', 'class_l2_code', 'class_l1_code']) }} as category_code
    from source
    {{ code_join('grid_event', 'task_kind', 'task_kind', 'reported_at') }}
    {{ code_join('grid_event', 'channel', 'reporter_kind', 'reported_at') }}
    {{ code_join('grid_event', 'severity', 'severity', 'reported_at') }}
    {{ code_join('grid_event', 'grid_stage', 'current_stage', 'reported_at') }}
    {{ code_join('grid_event', 'satisfaction', 'satisfaction', 'reported_at') }}
    {{ code_join('grid_event', 'operating_mode', 'operating_mode', 'reported_at') }}
    {{ department_join('grid_event', 'handle_org', 'reported_at') }}
    {{ department_join('grid_event', 'whistle_org', 'reported_at') }}
    {{ code_join('grid_event', 'category', 'class_l3_code', 'reported_at') }}
    {{ code_join('grid_event', 'category', 'class_l2_code', 'reported_at') }}
    {{ code_join('grid_event', 'category', 'class_l1_code', 'reported_at') }}
)

select * from final
