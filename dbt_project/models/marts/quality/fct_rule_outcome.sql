with outcomes as (
    select * from {{ ref('int_rule_outcome') }}
),

final as (
    select feed, contract, sha256, rule_id, column_name, severity, dimension, evaluated_n, failed_n, is_error
    from outcomes
)

select * from final
