-- The dated numbers of the marts' rules that hold now.
select threshold_id, value
from marts.ref_threshold
where valid_to = date '9999-12-31'
order by threshold_id
