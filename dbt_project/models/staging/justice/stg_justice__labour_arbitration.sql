with source as (
    select * from {{ source('raw', 'labour_arbitration') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

department_names as (
    select * from {{ ref('stg_reference__department_name') }}
),

final as (
    select
        {{ landed_identity('labour_arbitration') }},
        source.place_code,
        source.received_on,
        source.filed_on,
        source.hearing_on,
        source.deadline_on,
        source.excluded_days,
        source.closed_on,
        source.claim_amount_yuan,
        source.is_mass,
        source.mediation_no,
        source.updated_at,
        {{ mapped('procedure') }} as procedure,
        {{ mapped('disposition') }} as disposition,
        {{ mapped('party_kind') }} as party_kind,
        {{ mapped_department('commission') }} as commission_dept_id,
        {{ mapped_category(['cause_code', 'cause_text']) }} as category_code
    from source
    {{ code_join('labour_arbitration', 'procedure', 'procedure', 'filed_on') }}
    {{ code_join('labour_arbitration', 'arbitration_disposition', 'disposition', 'filed_on') }}
    {{ code_join('labour_arbitration', 'party_kind', 'party_kind', 'filed_on') }}
    {{ department_join('labour_arbitration', 'commission', 'filed_on') }}
    {{ code_join('labour_arbitration', 'category', 'cause_code', 'filed_on') }}
    {{ code_join('labour_arbitration', 'category', 'cause_text', 'filed_on') }}
)

select * from final
