-- Events reported on each day in one area, of one kind or all, with what kind of day it was.
with shown as (
    select period_start, num, is_suppressed
    from marts.v_metric_display
    where
        metric_id = 'V01' and period_kind = 'day' and grid_code = $area and basis = 'as_was'
        and slice_kind = case when $kind = '' then 'all' else 'event_kind' end
        and slice_code = case when $kind = '' then 'all' else $kind end
)

select
    dates.date_day, dates.week_start, dates.iso_weekday, dates.day_type, dates.is_workday,
    case
        when dates.date_day < begins.first_day or shown.is_suppressed then null
        else coalesce(shown.num, 0)
    end as events_n,
    coalesce(shown.is_suppressed, false) as is_hidden
from marts.dim_date as dates
inner join {begins} as begins on begins.metric_id = 'V01'
left join shown on dates.date_day = shown.period_start
where dates.date_day between $first and $last
order by dates.date_day
