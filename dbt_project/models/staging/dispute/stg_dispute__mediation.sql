with source as (
    select * from {{ source('raw', 'mediation') }}
),

code_map as (
    select * from {{ ref('stg_ops__code_map') }}
),

department_names as (
    select * from {{ ref('stg_reference__department_name') }}
),

final as (
    select
        {{ landed_identity('mediation') }},
        source.place_code,
        source.grid_code,
        source.referred_case_no,
        source.accepted_on,
        source.concluded_on,
        source.agreement_no,
        source.agreed_on,
        source.due_on,
        source.performed_on,
        source.confirm_applied_on,
        source.confirm_case_no,
        source.next_step_on,
        source.callback_on,
        source.persons_n,
        source.amount_yuan,
        source.sessions_n,
        source.prevented_confirmed_by,
        source.updated_at,
        {{ mapped('committee_kind') }} as committee_kind,
        {{ mapped('intake') }} as intake_channel,
        {{ mapped('difficulty') }} as difficulty,
        {{ mapped('result') }} as result,
        {{ mapped('agreement_form') }} as agreement_form,
        {{ mapped('performance') }} as performance,
        {{ mapped('next_step') }} as next_step,
        {{ mapped('prevented_kind') }} as prevented_kind,
        {{ mapped('callback_result') }} as callback_result,
        {{ mapped_department('committee') }} as committee_dept_id,
        {{ mapped_department('referred_by') }} as referred_by_dept_id,
        {{ mapped_department('prevented_confirmed_by') }} as prevented_confirmed_by_dept_id,
        {{ mapped_category(['dispute_type']) }} as category_code
    from source
    {{ code_join('mediation', 'committee_kind', 'committee_kind', 'accepted_on') }}
    {{ code_join('mediation', 'channel', 'intake', 'accepted_on') }}
    {{ code_join('mediation', 'difficulty', 'difficulty', 'accepted_on') }}
    {{ code_join('mediation', 'mediation_result', 'result', 'accepted_on') }}
    {{ code_join('mediation', 'agreement_form', 'agreement_form', 'accepted_on') }}
    {{ code_join('mediation', 'performance', 'performance', 'accepted_on') }}
    {{ code_join('mediation', 'next_step', 'next_step', 'accepted_on') }}
    {{ code_join('mediation', 'prevented_kind', 'prevented_kind', 'accepted_on') }}
    {{ code_join('mediation', 'callback_result', 'callback_result', 'accepted_on') }}
    {{ department_join('mediation', 'committee', 'accepted_on') }}
    {{ department_join('mediation', 'referred_by', 'accepted_on') }}
    {{ department_join('mediation', 'prevented_confirmed_by', 'accepted_on') }}
    {{ code_join('mediation', 'category', 'dispute_type', 'accepted_on') }}
)

select * from final
