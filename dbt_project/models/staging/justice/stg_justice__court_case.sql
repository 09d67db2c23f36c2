with landed as (
    select * from {{ source('raw', 'court_case') }}
),

-- A case that any version calls sealed never leaves staging: an older, open version of it would tell what was sealed.
sealed as (
    select _event_id
    from landed
    where is_sealed
),

source as (
    select * from landed
    where _event_id not in (select sealed._event_id from sealed)
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

department_names as (
    select * from {{ ref('stg_reference__department_name') }}
),

final as (
    select
        {{ landed_identity('court_case') }},
        source.place_code,
        source.received_on,
        source.filed_on,
        source.premed_no,
        source.premed_from,
        source.premed_to,
        source.hearing_on,
        source.deadline_on,
        source.excluded_days,
        source.extended_to,
        source.extension_granted_on,
        source.suspended_on,
        source.resumed_on,
        source.closed_on,
        source.claim_amount_yuan,
        source.is_mass,
        source.mediation_no,
        source.appeal_no,
        source.enforce_no,
        source.updated_at,
        {{ mapped('suspension_reason') }} as suspension_reason,
        {{ mapped('case_type') }} as case_type,
        {{ mapped('instance') }} as instance,
        {{ mapped('procedure') }} as procedure,
        {{ mapped('disposition') }} as disposition,
        {{ mapped('premed_result') }} as premed_result,
        {{ mapped('party_kind') }} as party_kind,
        {{ mapped_department('court_code') }} as court_dept_id,
        {{ mapped_category(['cause_code', 'cause_text']) }} as category_code
    from source
    {{ code_join('court_case', 'pause_kind', 'suspension_reason', 'filed_on') }}
    {{ code_join('court_case', 'case_type', 'case_type', 'filed_on') }}
    {{ code_join('court_case', 'instance', 'instance', 'filed_on') }}
    {{ code_join('court_case', 'procedure', 'procedure', 'filed_on') }}
    {{ code_join('court_case', 'disposition', 'disposition', 'filed_on') }}
    {{ code_join('court_case', 'premed_result', 'premed_result', 'filed_on') }}
    {{ code_join('court_case', 'party_kind', 'party_kind', 'filed_on') }}
    {{ department_join('court_case', 'court_code', 'filed_on') }}
    {{ code_join('court_case', 'category', 'cause_code', 'filed_on') }}
    {{ code_join('court_case', 'category', 'cause_text', 'filed_on') }}
)

select * from final
