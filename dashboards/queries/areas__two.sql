-- Some figures of two areas in one period, on the areas of that time or on those in force, and of the cases without a place
-- where one of the two holds them. One row per figure and area.
select
    metric_id, grid_code, period_kind, period_start, period_end, num, den, value, is_suppressed, reason, is_weighted,
    ci_low, ci_high
from marts.v_metric_display
where
    metric_id in (select unnest($metrics::varchar[])) and slice_kind = 'all'
    and (
        grid_code in ($one, $other)
        or grid_code in (select grid_code from marts.dim_grid where grid_code = 'UNASSIGNED' and parent_code in ($one, $other))
    )
    and period_kind = $period_kind and period_end = $period_end and (basis = 'as_was' or $basis = 'restated')
qualify row_number() over (partition by metric_id, grid_code, period_start order by basis desc) = 1
order by metric_id, grid_code
