with source as (
    select * from {{ source('raw', 'petition') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

department_names as (
    select * from {{ ref('stg_reference__department_name') }}
),

final as (
    select
        {{ landed_identity('petition') }},
        source.place_code,
        source.grid_code,
        source.community_name,
        source.registered_at,
        source.forwarded_at,
        source.accept_notice_at,
        source.deadline_at,
        source.extended_to,
        source.extension_granted_at,
        source.suspended_at,
        source.resumed_at,
        source.closed_at,
        source.review_at,
        source.rereview_at,
        source.callback_at,
        source.persons_n,
        source.affected_n,
        source.contacted,
        source.solved,
        source.exempt_flag,
        source.return_n,
        source.related_nos,
        source.merged_into_no,
        source.updated_at,
        {{ mapped('suspension_reason') }} as suspension_reason,
        {{ mapped('intake_channel') }} as intake_channel,
        {{ mapped('is_repeat_src') }} as is_repeat_src,
        {{ mapped('received_level') }} as received_level,
        {{ mapped('competent_level') }} as competent_level,
        {{ mapped('purpose') }} as purpose,
        {{ mapped('close_type') }} as close_type,
        {{ mapped('satisfaction') }} as satisfaction,
        {{ mapped('exempt_reason') }} as exempt_reason,
        {{ mapped_department('lead_dept') }} as lead_dept_id,
        {{ mapped_department('handler_dept') }} as handler_dept_id,
        {{ mapped_category(['subject_code']) }} as category_code
    from source
    {{ code_join('petition', 'pause_kind', 'suspension_reason', 'registered_at') }}
    {{ code_join('petition', 'channel', 'intake_channel', 'registered_at') }}
    {{ code_join('petition', 'repeat_kind', 'is_repeat_src', 'registered_at') }}
    {{ code_join('petition', 'government_level', 'received_level', 'registered_at') }}
    {{ code_join('petition', 'government_level', 'competent_level', 'registered_at') }}
    {{ code_join('petition', 'purpose', 'purpose', 'registered_at') }}
    {{ code_join('petition', 'close_type', 'close_type', 'registered_at') }}
    {{ code_join('petition', 'satisfaction', 'satisfaction', 'registered_at') }}
    {{ code_join('petition', 'exempt_reason', 'exempt_reason', 'registered_at') }}
    {{ department_join('petition', 'lead_dept', 'registered_at') }}
    {{ department_join('petition', 'handler_dept', 'registered_at') }}
    {{ code_join('petition', 'category', 'subject_code', 'registered_at') }}
)

select * from final
