-- Cases past their deadline in the areas directly inside one, by kind: how many, how many of them a week ago already, since when.
with areas as (
    select grid_code, name_zh as area_zh, name_en as area_en
    from marts.dim_grid
    where parent_code = $area and grid_code <> $area and is_current
),

-- The number is the register's; what a build hides has none.
shown as (
    select grid_code, slice_code as event_kind, value
    from marts.v_metric_display
    where
        metric_id = 'M44' and slice_kind = 'event_kind' and basis = 'as_was' and period_kind = 'day'
        and period_end = $today and value > 0
),

since as (
    select event_kind, grid_code, cast(sum(was_overdue_n) as bigint) as was_overdue_n, min(earliest_deadline_on) as due_on
    from marts.fct_open_case
    where is_overdue
    group by event_kind, grid_code
),

-- Who leads most of them: a name, no figure.
late as (
    select events.event_kind, areas.grid_code, events.lead_dept_id, count(*) as cases_n
    from marts.fct_event as events
    inner join {feed_states} as feeds on events.feed = feeds.feed
    inner join marts.dim_grid as leaf on events.restated_grid_code = leaf.grid_code and leaf.is_current
    inner join areas
        on areas.grid_code in (
            leaf.grid_code, leaf.path_0, leaf.path_1, leaf.path_2, leaf.path_3, leaf.path_4, leaf.path_5
        )
    where
        events.is_counted and events.deadline_at < feeds.feed_as_of and {is_open}
        and events.lead_dept_id is not null
    group by events.event_kind, areas.grid_code, events.lead_dept_id
),

leaders as (
    select late.event_kind, late.grid_code, names.name_zh as department_zh, names.name_en as department_en
    from late
    inner join (select * from marts.dim_department where is_current) as names on late.lead_dept_id = names.dept_id
    qualify
        row_number() over (partition by late.event_kind, late.grid_code order by late.cases_n desc, late.lead_dept_id) = 1
)

select areas.*, shown.event_kind, cast(shown.value as bigint) as overdue_n, since.was_overdue_n, since.due_on,
    leaders.department_zh, leaders.department_en
from areas
inner join shown on areas.grid_code = shown.grid_code
inner join since on shown.event_kind = since.event_kind and shown.grid_code = since.grid_code
left join leaders on shown.event_kind = leaders.event_kind and shown.grid_code = leaders.grid_code
order by overdue_n desc, since.due_on, areas.grid_code, shown.event_kind
