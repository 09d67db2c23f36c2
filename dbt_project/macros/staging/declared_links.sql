{# Every column by which a case names another: its kind, staging model and column, the kind named, what that means. `a` is
   the case that names and `b` the one named, unless `is_inverse`: then the named one is `a`. The contracts say the same
   with `link` (a test holds the two together). #}
{% macro declared_links() -%}
    {%- set referral = {'kind': 'mediation', 'staging': 'stg_dispute__mediation', 'column': 'referred_case_no', 'link_kind': 'referral'} -%}
    {%- set court = {'kind': 'court_case', 'staging': 'stg_justice__court_case', 'link_kind': 'chain_next'} -%}
    {{ return([
        {'kind': 'police_incident', 'staging': 'stg_police__incident', 'column': 'merged_into_no', 'target': 'police_incident',
         'link_kind': 'declared_merge'},
        {'kind': 'urban_case', 'staging': 'stg_urban__case', 'column': 'duplicate_of_no', 'target': 'urban_case',
         'link_kind': 'declared_merge'},
        {'kind': 'petition', 'staging': 'stg_petition__matter', 'column': 'related_nos', 'is_list': true, 'target': 'petition',
         'link_kind': 'repeat'},
        {'kind': 'petition', 'staging': 'stg_petition__matter', 'column': 'merged_into_no', 'target': 'petition',
         'link_kind': 'declared_merge'},
        {'kind': 'hotline_order', 'staging': 'stg_petition__order', 'column': 'merged_into_no', 'target': 'hotline_order',
         'link_kind': 'declared_merge'},
        {'kind': 'hotline_order', 'staging': 'stg_petition__order', 'column': 'related_nos', 'is_list': true,
         'target': 'hotline_order', 'link_kind': 'repeat'},
        {'kind': 'hotline_order', 'staging': 'stg_petition__order', 'column': 'related_nos', 'is_list': true,
         'target': 'petition', 'link_kind': 'same_matter'},
        {'kind': 'hazard', 'staging': 'stg_safety__hazard', 'column': 'repeat_of_no', 'target': 'hazard', 'link_kind': 'repeat'},
        dict(court, column='appeal_no', target='court_case'),
        dict(court, column='enforce_no', target='court_case'),
        dict(court, column='mediation_no', target='mediation', is_inverse=true),
        {'kind': 'labour_arbitration', 'staging': 'stg_justice__labour_arbitration', 'column': 'mediation_no',
         'target': 'mediation', 'link_kind': 'chain_next', 'is_inverse': true},
        dict(referral, target='police_incident'),
        dict(referral, target='petition'),
        dict(referral, target='court_case'),
        dict(referral, target='labour_arbitration')
    ]) }}
{%- endmacro %}
