-- From which day on a figure's cases were sent: before it nothing can be compared, after it no case is none. Any case
-- of its kinds tells that they were, not only one that passes its filter: the first of a rare sort may come months
-- later. It tells so of the day that the figure goes by, and of the day it was closed. The chunk of the first such day
-- is a part of a week at most.
-- noqa: disable=LT02
{%- set metrics = additive_metrics() %}
with events as (
    select facts.*, feeds.as_of as feed_as_of
    from {{ ref('fct_event') }} as facts
    inner join {{ ref('dim_feed') }} as feeds on facts.feed = feeds.feed
),

days as (
    select * from {{ ref('int_metric_day') }}
),

calendar as (
    select min(day) as first_day from days
),

per_kind as (
    select
        events.event_kind
        {%- for time in (['closed_at'] + metrics | map(attribute='time') | list) | unique %},
        min(
            case
                when events.{{ time }} >= calendar.first_day and events.{{ time }} <= events.feed_as_of
                    then cast(events.{{ time }} as date)
            end
        ) as first_{{ time }}
        {%- endfor %}
    from events
    cross join calendar
    group by events.event_kind
),

sent as (
    {%- for metric in metrics %}
    select
        '{{ metric.id }}' as metric_id,
        least(min(first_{{ metric.time }}), min(first_closed_at)) as first_sent
    from per_kind
    where
        event_kind in (
            {%- for kind in metric.kinds %}
            '{{ kind }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

-- Grids are known from the first day of the city's map on.
grids as (
    select min(areas.valid_from) as first_day
    from {{ ref('dim_grid') }} as areas
    cross join {{ ref('build_info') }} as info
    where areas.grid_code not in ('UNASSIGNED', info.root_code)
),

final as (
    select sent.metric_id, days.chunk_start as first_day
    from sent
    inner join days on sent.first_sent = days.day
    union all
    select metrics.metric_id, grids.first_day
    from {{ ref('ref_metric') }} as metrics
    cross join grids
    where metrics.formula = 'int_metric_grid_count'
)

select * from final
