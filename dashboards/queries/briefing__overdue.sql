-- Cases of one area past their deadline, all kinds together and each: how many, how many of them a week ago already, since when.
with since as (
    select event_kind, cast(sum(was_overdue_n) as bigint) as was_overdue_n, min(earliest_deadline_on) as due_on
    from marts.fct_open_case
    where grid_code = $area and is_overdue
    group by event_kind
)

select
    shown.metric_id, shown.slice_kind, shown.slice_code, shown.period_kind, shown.period_start, shown.period_end,
    shown.value, shown.is_suppressed, shown.reason, since.was_overdue_n, since.due_on
from marts.v_metric_display as shown
left join since on shown.slice_code = since.event_kind
where
    shown.metric_id = 'M44' and shown.grid_code = $area and shown.basis = 'as_was' and shown.period_kind = 'day'
    and shown.period_end = $today and shown.slice_kind in ('all', 'event_kind')
order by shown.slice_kind, shown.value desc, shown.slice_code
