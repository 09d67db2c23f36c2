-- The figures of a domain's board in one area month by month (at month ends for a cumulative one); months of which cases were
-- sent for a part only are left out.
with wanted as (
    select
        split_part(item, '/', 1) as metric_id, split_part(item, '/', 2) as slice_kind, split_part(item, '/', 3) as slice_code
    from (select unnest($items::varchar[]) as item)
)

select
    shown.metric_id, shown.slice_kind, shown.slice_code, shown.period_kind, shown.period_start, shown.period_end, shown.num,
    shown.den, shown.value
from marts.v_metric_display as shown
inner join wanted using (metric_id, slice_kind, slice_code)
inner join {begins} as begins using (metric_id)
where
    shown.grid_code = $area and shown.basis = 'as_was' and shown.period_kind in ('month', 'cumulative')
    and shown.period_end <= $month_end and shown.period_end >= $first
    and (shown.period_kind = 'cumulative' or shown.period_start >= begins.first_day)
order by shown.metric_id, shown.slice_kind, shown.slice_code, shown.period_end
