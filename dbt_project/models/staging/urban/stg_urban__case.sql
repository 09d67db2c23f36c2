with landed as (
    select * from {{ source('raw', 'urban_case') }}
),

source as (
    select
        *,
        big_code || small_code as class_code
    from landed
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

department_names as (
    select * from {{ ref('stg_reference__department_name') }}
),

final as (
    select
        {{ landed_identity('urban_case') }},
        source.lon,
        source.lat,
        source.grid_code,
        source.duty_grid_code,
        source.street_name,
        source.community_name,
        source.reported_at,
        source.accepted_at,
        source.registered_at,
        source.dispatched_at,
        source.deadline_at,
        source.extension_granted_at,
        source.suspended_at,
        source.resumed_at,
        source.handled_at,
        source.verified_at,
        source.closed_at,
        source.limit_value,
        source.rework_n,
        source.return_n,
        source.extend_n,
        source.is_supervised,
        source.duplicate_of_no,
        source.updated_at,
        {{ mapped('suspension_reason') }} as suspension_reason,
        {{ mapped('intake_channel') }} as intake_channel,
        {{ mapped('item_type') }} as item_type,
        {{ mapped('limit_type') }} as limit_type,
        {{ mapped('verify_result') }} as verify_result,
        {{ mapped('close_type') }} as close_type,
        {{ mapped('native_status') }} as native_status,
        {{ mapped('satisfaction') }} as satisfaction,
        {{ mapped_department('handle_dept_name') }} as handle_dept_id,
        {{ mapped_category(['class_code', 'class_text']) }} as category_code
    from source
    {{ code_join('urban_case', 'pause_kind', 'suspension_reason', 'reported_at') }}
    {{ code_join('urban_case', 'channel', 'intake_channel', 'reported_at') }}
    {{ code_join('urban_case', 'item_type', 'item_type', 'reported_at') }}
    {{ code_join('urban_case', 'limit_type', 'limit_type', 'reported_at') }}
    {{ code_join('urban_case', 'verify_result', 'verify_result', 'reported_at') }}
    {{ code_join('urban_case', 'close_type', 'close_type', 'reported_at') }}
    {{ code_join('urban_case', 'native_status', 'native_status', 'reported_at') }}
    {{ code_join('urban_case', 'satisfaction', 'satisfaction', 'reported_at') }}
    {{ department_join('urban_case', 'handle_dept_name', 'reported_at') }}
    {{ code_join('urban_case', 'category', 'class_code', 'reported_at') }}
    {{ code_join('urban_case', 'category', 'class_text', 'reported_at') }}
)

select * from final
