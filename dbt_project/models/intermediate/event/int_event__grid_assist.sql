with landed as (
    select * from {{ ref('stg_grid__assist') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

all_versions as (
    select * from {{ ref('int_event_current') }}
),

targets as (
    {{ numbered_targets('grid_event') }}
),

final as (
    select {{ event_shape({
        'category_code': "'9900'",
        'case_class': "landed.network",
        'lead_dept_id': "landed.agency_dept_id",
        'about_event_id': "targets.event_id",
        'reported_at': "landed.assisted_at"
    }) }}
    {{ landed_now() }}
    left join targets
        on landed.source_system = targets.source_system and landed.event_no = targets.source_case_no
)

select * from final
