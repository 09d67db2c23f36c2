-- How many cases reported in a year and area name another one, by kind of link and by the kinds of matter on both sides, the
-- earlier one first; kinds with few links are left out, for a few chains tell of families. Asked for a reader's widest area and
-- for calendar years alone: nothing can be subtracted.
with inside as (
    select distinct grid_code
    from marts.dim_grid
    where grid_code = $area or $area = $root or $area in (path_0, path_1, path_2, path_3, path_4, path_5)
),

-- A chain_next names its later case second; every other link its earlier one.
ordered as (
    select
        links.link_kind,
        case when links.link_kind = 'chain_next' then links.event_id_a else links.event_id_b end as earlier_id,
        case when links.link_kind = 'chain_next' then links.event_id_b else links.event_id_a end as later_id
    from marts.fct_event_link as links
)

select
    ordered.link_kind, earlier.event_kind as earlier_kind, later.event_kind as later_kind,
    count(distinct ordered.later_id) as cases_n
from ordered
inner join marts.fct_event as earlier on ordered.earlier_id = earlier.event_id
inner join marts.fct_event as later on ordered.later_id = later.event_id
inner join inside on later.grid_code = inside.grid_code
where later.reported_at >= $first and later.reported_at < $last + interval 1 day
group by ordered.link_kind, earlier.event_kind, later.event_kind
having count(distinct ordered.later_id) >= $least
order by ordered.link_kind, earlier.event_kind, later.event_kind
