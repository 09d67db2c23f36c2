-- Figures that the register cuts by department, in one area and period: the whole and each department, and the same period a
-- year before. Departments in the order of their own table.
with shown as (
    select metric_id, slice_kind, slice_code, period_start, period_end, num, den, value, is_suppressed, reason, ci_low, ci_high
    from marts.v_metric_display
    where
        grid_code = $area and basis = 'as_was' and slice_kind in ('all', 'department')
        and period_kind = $period_kind and period_end in ($period_end, $earlier_end)
),

cut_ones as (
    select distinct metric_id from shown
    where slice_kind = 'department'
),

names as (
    select dept_id, name_zh, name_en from marts.dim_department
    qualify row_number() over (partition by dept_id order by is_current desc, valid_from desc) = 1
)

select
    now.*, names.name_zh as dept_zh, names.name_en as dept_en,
    old.num as earlier_num, old.den as earlier_den, old.value as earlier_value
from shown as now
inner join cut_ones on now.metric_id = cut_ones.metric_id
inner join {begins} as begins on now.metric_id = begins.metric_id
left join names on now.slice_code = names.dept_id
left join shown as old
    on
        now.metric_id = old.metric_id and now.slice_kind = old.slice_kind and now.slice_code = old.slice_code
        and old.period_end = $earlier_end and old.period_start >= begins.first_day
where now.period_end = $period_end
order by now.metric_id, now.slice_kind, names.dept_id is null, now.slice_code
