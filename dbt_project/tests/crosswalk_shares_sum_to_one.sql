-- The shares of every old version sum to 1.000000 on each basis, or events would be lost or doubled. A notice whose
-- printed shares do not is shown with what they sum to.
select from_version_id, basis, sum(weight) as weights_sum
from {{ ref('bridge_grid_crosswalk') }}
group by from_version_id, basis
having round(sum(weight), 6) <> 1
