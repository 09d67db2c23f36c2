{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='event_id',
    touched=['staging', 'stg_ops__touched'],
    on_schema_change='fail'
) }}
-- The life of each case as its stage times tell it. A step that the life cycle does not know is kept and marked.
with facts as (
    select * from {{ ref('fct_event') }}
),

native as (
    select * from {{ ref('ref_native_stage') }}
),

transitions as (
    select * from {{ ref('ref_transition') }}
),

due as (
    select * from facts
    where {{ only_touched('event_id') }}
),

timed as (
    select
        due.*,
        native.state,
        native.state_rank,
        native.native_zh,
        {{ event_time('native.time_column', 'due') }} as entered_at
    from due
    inner join native on due.event_kind = native.event_kind
),

-- How a case ended stands in its state, not in a time of its own; where no time is sent, the end is inferred.
entered as (
    select
        event_id,
        event_kind,
        lead_dept_id as actor_dept_id,
        handling_level as actor_level,
        case
            when state = 'CLOSED' and current_state in ({{ ended_states() }}) then current_state
            else state
        end as to_state,
        case state when 'CLOSED' then close_type when 'SUSPENDED' then suspension_reason end as reason_code,
        native_zh as native_stage,
        state_rank,
        entered_at,
        entered_at is null as is_inferred
    from timed
    where entered_at is not null or (state = 'CLOSED' and current_state in ({{ ended_states() }}))
),

ordered as (
    select
        *,
        row_number() over (partition by event_id order by entered_at nulls last, state_rank) as seq,
        lag(to_state) over (partition by event_id order by entered_at nulls last, state_rank) as from_state
    from entered
),

final as (
    select
        ordered.event_id,
        cast(ordered.seq as integer) as seq,
        ordered.from_state,
        ordered.to_state,
        ordered.entered_at,
        ordered.actor_dept_id,
        ordered.actor_level,
        ordered.reason_code,
        ordered.native_stage,
        ordered.is_inferred,
        coalesce(shared.is_skip, own.is_skip, false) as is_skip,
        case
            when ordered.from_state is null then ordered.to_state <> 'REPORTED'
            else shared.to_state is null and own.to_state is null
        end as is_bad_transition
    from ordered
    left join transitions as shared
        on
            shared.event_kind = '*'
            and ordered.from_state = shared.from_state
            and ordered.to_state = shared.to_state
    left join transitions as own
        on
            ordered.event_kind = own.event_kind
            and ordered.from_state = own.from_state
            and ordered.to_state = own.to_state
)

select * from final
