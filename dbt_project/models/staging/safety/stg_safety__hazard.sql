with source as (
    select * from {{ source('raw', 'hazard') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

department_names as (
    select * from {{ ref('stg_reference__department_name') }}
),

final as (
    select
        {{ landed_identity('hazard') }},
        source.grid_code,
        source.community_name,
        source.found_at,
        source.notice_no,
        source.deadline_on,
        source.rectified_at,
        source.rechecked_at,
        source.transferred_at,
        source.cleared_at,
        source.repeat_of_no,
        source.updated_at,
        {{ mapped('found_by') }} as intake_channel,
        {{ mapped('hazard_level') }} as hazard_level,
        {{ mapped('recheck_result') }} as recheck_result,
        {{ mapped_department('supervisor') }} as supervisor_dept_id,
        {{ mapped_department('transferred_to') }} as transferred_to_dept_id,
        {{ mapped_category(['hazard_class']) }} as category_code
    from source
    {{ code_join('hazard', 'channel', 'found_by', 'found_at') }}
    {{ code_join('hazard', 'hazard_level', 'hazard_level', 'found_at') }}
    {{ code_join('hazard', 'verify_result', 'recheck_result', 'found_at') }}
    {{ department_join('hazard', 'supervisor', 'found_at') }}
    {{ department_join('hazard', 'transferred_to', 'found_at') }}
    {{ code_join('hazard', 'category', 'hazard_class', 'found_at') }}
)

select * from final
