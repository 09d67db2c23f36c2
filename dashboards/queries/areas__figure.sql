-- One figure in one area and in every area directly inside it, and the same period a year before; on the areas of that time,
-- or on those in force. The area itself comes first, the others in the order of their codes.
with areas as (
    select grid_code, name_zh, name_en, grid_level, geom_wkt
    from marts.dim_grid
    where
        (parent_code = $area or grid_code = $area)
        and (
            grid_code in ('UNASSIGNED', $area)
            or ($basis = 'restated' and is_current)
            or ($basis = 'as_was' and valid_from <= $period_end and valid_to > $period_end)
        )
    qualify row_number() over (partition by grid_code order by is_current desc, valid_from desc) = 1
),

-- What does not differ between the two has one row, as it was.
shown as (
    select
        grid_code, period_start, period_end, num, den, value, is_suppressed, reason, is_weighted, ci_low, ci_high,
        basis = 'restated' as is_restated
    from marts.v_metric_display
    where
        metric_id = $metric and slice_kind = 'all' and period_kind = $period_kind
        and period_end in ($period_end, $earlier_end) and (basis = 'as_was' or $basis = 'restated')
    qualify row_number() over (partition by grid_code, period_start, period_end order by basis desc) = 1
)

select
    areas.grid_code, areas.name_zh as area_zh, areas.name_en as area_en, areas.grid_level, areas.geom_wkt,
    now.period_start, now.num, now.den, now.value, now.is_suppressed, now.reason, now.is_weighted, now.ci_low, now.ci_high,
    coalesce(now.is_restated, false) as is_restated,
    old.num as earlier_num, old.den as earlier_den, old.value as earlier_value
from areas
left join shown as now on areas.grid_code = now.grid_code and now.period_end = $period_end
inner join {begins} as begins on begins.metric_id = $metric
left join shown as old
    on
        areas.grid_code = old.grid_code and old.period_end = $earlier_end
        and ($period_kind = 'cumulative' or old.period_start >= begins.first_day)
order by areas.grid_code <> $area, areas.grid_code = 'UNASSIGNED', areas.grid_code
