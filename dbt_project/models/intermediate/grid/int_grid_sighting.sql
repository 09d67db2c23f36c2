{{ config(materialized='table') }}
-- What each delivery of the register adds: the day from which what it says of an area holds, where that is a change. A
-- day that the register states wins; else that of a notice since the delivery before; else that of the delivery.
-- noqa: disable=LT02
with rows_seen as (
    select * from {{ ref('stg_reference__grid') }}
),

changes as (
    select * from {{ ref('int_grid_change') }}
),

deliveries as (
    select
        feed,
        seen_on,
        lag(seen_on) over (partition by feed order by seen_on) as delivered_before_on,
        lead(seen_on) over (partition by feed order by seen_on) as delivered_next_on
    from (
        select distinct feed, seen_on from rows_seen
        where delivery = 'snapshot'
    ) as snapshots
),

compared as (
    select
        rows_seen.*,
        deliveries.delivered_before_on,
        deliveries.delivered_next_on,
        lag(rows_seen.seen_on) over same_area as seen_before_on,
        lead(rows_seen.seen_on) over same_area as seen_next_on,
        {%- for column in ['name_zh', 'parent_code', 'grid_level', 'grid_type', 'code_authority', 'geom_wkt'] %}
        lag(rows_seen.{{ column }}) over same_area as {{ column }}_before{{ ',' if not loop.last }}
        {%- endfor %}
    from rows_seen
    left join deliveries on rows_seen.feed = deliveries.feed and rows_seen.seen_on = deliveries.seen_on
    window same_area as (partition by rows_seen.grid_code, rows_seen.stated_from order by rows_seen.seen_on)
),

judged as (
    select
        *,
        {% for column in ['name_zh', 'parent_code', 'grid_level', 'grid_type', 'code_authority', 'geom_wkt'] -%}
        {{ differs(column, column ~ '_before') }}{{ ' or ' if not loop.last }}
        {%- endfor %} as is_other,
        seen_before_on is null or coalesce(seen_before_on < delivered_before_on, false) as is_new,
        case
            when delivered_next_on is not null and (seen_next_on is null or seen_next_on > delivered_next_on)
                then delivered_next_on
        end as missing_on
    from compared
),

windowed as (
    select
        *,
        case
            when is_new then coalesce(delivered_before_on, date '1900-01-01') else seen_before_on
        end as since_on
    from judged
),

-- The last notice of the window that brought the area, or changed it; and the last that ended it before it was missed.
noticed as (
    select
        windowed.feed, windowed.grid_code, windowed.stated_from, windowed.seen_on,
        max(case
            when
                changes.new_code = windowed.grid_code
                and changes.effective_on > windowed.since_on and changes.effective_on <= windowed.seen_on
                then changes.effective_on
        end) as noticed_on,
        max(case
            when
                changes.old_code = windowed.grid_code
                and changes.effective_on > windowed.seen_on and changes.effective_on <= windowed.missing_on
                then changes.effective_on
        end) as noticed_end_on
    from windowed
    inner join changes on windowed.grid_code = changes.new_code or windowed.grid_code = changes.old_code
    group by windowed.feed, windowed.grid_code, windowed.stated_from, windowed.seen_on
),

final as (
    select
        windowed.feed, windowed.grid_code, windowed.parent_code, windowed.name_zh, windowed.name_en,
        windowed.grid_type, windowed.code_authority, windowed.grid_level, windowed.households, windowed.geom_wkt,
        windowed.seen_on,
        windowed.stated_from,
        windowed.stated_to,
        case
            when windowed.stated_from is not null then windowed.stated_from
            when not windowed.is_new and not windowed.is_other then cast(null as date)
            when noticed.noticed_on is not null then noticed.noticed_on
            when windowed.is_new and windowed.delivered_before_on is null then date '1900-01-01'
            else windowed.seen_on
        end as begins_on,
        coalesce(noticed.noticed_end_on, windowed.missing_on) as missing_from
    from windowed
    left join noticed
        on
            windowed.feed = noticed.feed
            and windowed.grid_code = noticed.grid_code
            and not {{ differs('windowed.stated_from', 'noticed.stated_from') }}
            and windowed.seen_on = noticed.seen_on
)

select * from final
