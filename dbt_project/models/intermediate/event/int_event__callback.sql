-- Call-backs as acts about their case: they lie where it lies, and their own answers stand in fct_callback.
with landed as (
    select * from {{ ref('stg_petition__callback') }}
),

current_versions as (
    select * from {{ ref('int_event_due_version') }}
),

calls as (
    select * from {{ ref('int_callback') }}
),

final as (
    select {{ event_shape({
        'about_event_id': "calls.event_id",
        'category_code': "'9900'",
        'reported_at': "landed.called_back_at",
        'called_back_at': "landed.called_back_at",
        'is_reached': "landed.reached",
        'is_contacted': "landed.contacted",
        'is_solved': "landed.solved",
        'satisfaction': "landed.satisfaction"
    }) }}
    {{ landed_now() }}
    left join calls on landed.event_id = calls.callback_id
)

select * from final
