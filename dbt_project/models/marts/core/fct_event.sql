{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='event_id',
    touched=['staging', 'stg_ops__touched'],
    on_schema_change='fail',
    post_hook="{{ append_positions() }}"
) }}
with events as (
    select * from {{ ref('int_event') }}
),

final as (
    select * from events
    where {{ only_touched('event_id') }}
)

select * from final
