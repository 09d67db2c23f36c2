-- Some figures of two areas in one period, on the areas of that time or on those in force. One row per figure and area.
select
    metric_id, grid_code, period_kind, period_start, period_end, num, den, value, is_suppressed, reason, is_weighted,
    ci_low, ci_high
from marts.v_metric_display
where
    metric_id in (select unnest($metrics::varchar[])) and grid_code in ($one, $other) and slice_kind = 'all'
    and period_kind = $period_kind and period_end = $period_end and (basis = 'as_was' or $basis = 'restated')
qualify row_number() over (partition by metric_id, grid_code, period_start order by basis desc) = 1
order by metric_id, grid_code
