{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='event_id',
    touched=['staging', 'stg_ops__touched'],
    touched_also="outcome in ('open_in_time', 'open_overdue') or (feed, sla_rule_id) not in"
        ~ " (select (running.feed, running.sla_rule_id) from intermediate.int_clock_feed as running)",
    on_schema_change='fail'
) }}
-- Which rule holds for which case, since when, until when; the arithmetic is in macros/clock.
with facts as (
    select * from {{ ref('fct_event') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

rules as (
    select * from {{ ref('ref_sla_rule') }}
    where is_run
),

{% if is_incremental() -%}
-- Open clocks are judged anew at every build: their as_of has moved.
open_clocks as (
    select
        event_id,
        sla_rule_id
    from {{ this }}
    where outcome in ('open_in_time', 'open_overdue')
),

{% endif -%}
-- A clock that begins to run in a feed is new to every event of it.
running as (
    select
        feed,
        sla_rule_id,
        {% if is_incremental() -%}
        (feed, sla_rule_id) not in (select (known.feed, known.sla_rule_id) from {{ this }} as known)
        {%- else -%}
        true
        {%- endif %} as is_new
    from {{ ref('int_clock_feed') }}
),

-- A merged case ends with the case it was merged into.
merged as (
    select root_event_id from facts
    where not_counted_reason = 'merged'
),

roots as (
    select * from facts
    where event_id in (select merged.root_event_id from merged)
),

clocks as (
    select *
    from {{ event_clocks() }} as event_clocks
    where
        is_new or {{ only_touched('event_id') }}
        {%- if is_incremental() %}
        or (event_id, sla_rule_id) in (select (open_clocks.event_id, open_clocks.sla_rule_id) from open_clocks)
        {%- endif %}
),

pauses as (
    select event_id, suspension_reason as pause_kind, suspended_at as paused_from, resumed_at as paused_to
    from facts
    where suspended_at is not null
),

judged as (
    select * from {{ sla_clocks('clocks', 'pauses', also=['feed', 'clock_role']) }} as judged_clocks
),

final as (
    select
        event_id, sla_rule_id, clock_role, feed,
        start_at, stop_at, deadline_at,
        paused_minutes, extension_minutes, elapsed_minutes,
        outcome
    from judged
)

select * from final
