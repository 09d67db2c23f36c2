-- Rules that rows broke, most rows first, per feed.
select feed, contract, rule_id, column_name, severity, cast(sum(failed_n) as bigint) as failed_n, cast(sum(evaluated_n) as bigint) as evaluated_n
from marts.fct_rule_outcome
group by feed, contract, rule_id, column_name, severity
having sum(failed_n) > 0
order by feed, severity = 'warn', failed_n desc, rule_id
