with source as (
    select * from {{ source('raw', 'hotline_order') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

department_names as (
    select * from {{ ref('stg_reference__department_name') }}
),

final as (
    select
        {{ landed_identity('hotline_order') }},
        source.place_code,
        source.grid_code,
        source.community_name,
        source.registered_at,
        source.answered_on_line,
        source.dispatched_at,
        source.acknowledged_at,
        source.first_contact_at,
        source.deadline_at,
        source.extended_to,
        source.closed_at,
        source.callback_at,
        source.contacted,
        source.solved,
        source.exempt_flag,
        source.return_n,
        source.urge_n,
        source.merged_into_no,
        source.related_nos,
        source.updated_at,
        {{ mapped('intake_channel') }} as intake_channel,
        {{ mapped('purpose') }} as purpose,
        {{ mapped('is_repeat_src') }} as is_repeat_src,
        {{ mapped('close_type') }} as close_type,
        {{ mapped('satisfaction') }} as satisfaction,
        {{ mapped('exempt_reason') }} as exempt_reason,
        {{ mapped_department('lead_dept') }} as lead_dept_id,
        {{ mapped_department('handler_dept') }} as handler_dept_id,
        {{ mapped_category(['subject_code']) }} as category_code
    from source
    {{ code_join('hotline_order', 'channel', 'intake_channel', 'registered_at') }}
    {{ code_join('hotline_order', 'request_kind', 'purpose', 'registered_at') }}
    {{ code_join('hotline_order', 'repeat_kind', 'is_repeat_src', 'registered_at') }}
    {{ code_join('hotline_order', 'close_type', 'close_type', 'registered_at') }}
    {{ code_join('hotline_order', 'satisfaction', 'satisfaction', 'registered_at') }}
    {{ code_join('hotline_order', 'exempt_reason', 'exempt_reason', 'registered_at') }}
    {{ department_join('hotline_order', 'lead_dept', 'registered_at') }}
    {{ department_join('hotline_order', 'handler_dept', 'registered_at') }}
    {{ code_join('hotline_order', 'category', 'subject_code', 'registered_at') }}
)

select * from final
