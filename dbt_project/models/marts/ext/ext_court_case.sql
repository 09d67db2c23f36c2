-- Sealed cases are left out by staging. A date stays a date: fct_event has the limits as ends of days.
with landed as (
    select * from {{ ref('stg_justice__court_case') }}
),

current_versions as (
    select * from {{ ref('int_event_current') }}
),

final as (
    select
        landed.event_id,
        landed.received_on,
        landed.premed_no,
        landed.premed_from,
        landed.premed_to,
        landed.premed_result,
        landed.hearing_on,
        landed.party_kind,
        landed.is_mass,
        landed.mediation_no,
        landed.appeal_no,
        landed.enforce_no
    {{ landed_now() }}
)

select * from final
