-- What each leading department has: cases reported in a period and a year before (unless cases were sent for a part of that
-- only), cases open at each feed's own as_of and how many of them are past their deadline; in one area on the map in force.
-- Open is what fct_open_case calls open.
with inside as (
    select distinct grid_code from marts.dim_grid
    where is_current and $area in (grid_code, path_0, path_1, path_2, path_3, path_4, path_5)
),

cases as (
    select
        events.lead_dept_id as dept_id,
        cast(events.reported_at as date) as reported_on,
        events.deadline_at is not null as has_deadline,
        coalesce(events.deadline_at < feeds.feed_as_of, false) as is_late,
        {is_open} as is_open
    from marts.fct_event as events
    inner join {feed_states} as feeds on events.feed = feeds.feed
    inner join marts.ref_event_kind as kinds on events.event_kind = kinds.event_kind and kinds.is_case
    where
        events.is_counted and events.lead_dept_id is not null
        and ($area = $root or events.restated_grid_code in (select grid_code from inside))
),

names as (
    select dept_id, name_zh, name_en, network from marts.dim_department
    qualify row_number() over (partition by dept_id order by is_current desc, valid_from desc) = 1
)

select
    cases.dept_id, names.name_zh as dept_zh, names.name_en as dept_en, names.network,
    count(*) filter (where cases.reported_on between $first_day and $last_day) as reported_n,
    case
        when $earlier_first >= any_value(begins.first_day)
            then count(*) filter (where cases.reported_on between $earlier_first and $earlier_last)
    end as earlier_reported_n,
    count(*) filter (where cases.is_open) as open_n,
    count(*) filter (where cases.is_open and cases.has_deadline) as open_with_deadline_n,
    count(*) filter (where cases.is_open and cases.is_late) as overdue_n
from cases
inner join {begins} as begins on begins.metric_id = 'V01'
left join names on cases.dept_id = names.dept_id
group by cases.dept_id, names.dept_id, names.name_zh, names.name_en, names.network
order by names.dept_id is null, cases.dept_id
