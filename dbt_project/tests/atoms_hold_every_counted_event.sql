-- Every counted case reported by its feed's as_of is in one atom of V01, in one chunk of the root and, if it has a
-- grid, in one month of that grid: nothing is lost or doubled on the way, whichever path built it.
with facts as (
    select facts.*
    from {{ ref('fct_event') }} as facts
    inner join {{ ref('dim_feed') }} as feeds on facts.feed = feeds.feed
    inner join {{ ref('ref_event_kind') }} as kinds on facts.event_kind = kinds.event_kind
    where kinds.is_case and facts.is_counted and facts.reported_at <= feeds.as_of
),

build_info as (
    select root_code from {{ ref('build_info') }}
),

counts as (
    select
        (select count(*) from facts) as events_n,
        (
            select count(*)
            from facts
            where facts.grid_level = 4
        ) as grid_events_n,
        (
            select coalesce(sum(atoms.num), 0)
            from {{ ref('int_metric_atom') }} as atoms
            where atoms.metric_id = 'V01' and atoms.slice_kind = 'all'
        ) as atoms_n,
        (
            select coalesce(sum(chunks.num), 0)
            from {{ ref('int_metric_area_chunk') }} as chunks
            inner join build_info on chunks.grid_code = build_info.root_code
            where chunks.metric_id = 'V01' and chunks.slice_kind = 'all'
        ) as root_n,
        (
            select coalesce(sum(months.num), 0)
            from {{ ref('int_metric_grid_month') }} as months
            where months.metric_id = 'V01' and months.slice_kind = 'all' and months.area_level = 4
        ) as grid_n
)

select * from counts
where events_n <> atoms_n or events_n <> root_n or grid_events_n > grid_n
