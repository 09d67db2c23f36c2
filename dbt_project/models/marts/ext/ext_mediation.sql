-- fct_event has one time per stage; here are the days that it puts together, and what it keeps only if confirmed.
with landed as (
    select * from {{ ref('stg_dispute__mediation') }}
),

current_versions as (
    select * from {{ ref('int_event_current') }}
),

final as (
    select
        landed.event_id,
        landed.referred_case_no,
        landed.difficulty,
        landed.sessions_n,
        landed.concluded_on,
        landed.agreed_on,
        landed.agreement_form,
        landed.agreement_no,
        landed.confirm_case_no,
        landed.next_step_on,
        landed.prevented_kind as claimed_prevented_kind,
        landed.prevented_confirmed_by_dept_id,
        landed.callback_result
    {{ landed_now() }}
)

select * from final
