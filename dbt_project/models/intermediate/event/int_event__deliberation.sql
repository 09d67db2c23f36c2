-- Meetings of residents: no cases, nobody is named.
with landed as (
    select * from {{ ref('stg_grid__deliberation') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

final as (
    select {{ event_shape({
        'category_code': "landed.category_code",
        'case_class': "landed.hall_kind",
        'occurred_at': "cast(landed.held_on as timestamp)",
        'reported_at': "cast(landed.held_on as timestamp)",
        'persons_n': "landed.attendance_n",
        'result': "case when landed.adopted then 'adopted' when not landed.adopted then 'not_adopted' end"
    }) }}
    {{ landed_now() }}
)

select * from final
