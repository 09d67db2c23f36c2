{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='event_id_a',
    touched=['intermediate', 'int_event_link_due'],
    on_schema_change='fail'
) }}
with links as (
    select * from {{ ref('int_event_link') }}
),

-- A dependency that the touched strategy reads by name.
due as (
    select * from {{ ref('int_event_link_due') }}
),

final as (
    select
        links.event_id_a,
        links.event_id_b,
        links.link_kind,
        'declared' as method,
        cast(1 as double) as score,
        false as reviewed
    from links
    {% if is_incremental() %}
    where links.event_id_a in (select due.event_id_a from due)
    {% endif %}
)

select * from final
