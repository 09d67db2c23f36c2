-- What figures of one area are to reach in spans of one unit, with the days on which each target holds.
select metric_id, valid_from, valid_to, target_value, direction, set_by, source_text
from marts.ref_target
where grid_code = $area and slice_kind = 'all' and period_kind = $unit and refused_why is null
order by metric_id, valid_from
