-- How long grids took to their first task of an emergency after it was declared (M34): minutes from the start of a mode
-- to the first grid event of that mode in its area; the median of the modes that began in a period, of the whole city.
-- noqa: disable=LT02
with modes as (
    select * from {{ ref('dim_operating_mode') }}
    where operating_mode <> 'peace'
),

codes as (
    select * from {{ ref('int_grid_code_now') }}
),

-- A mode names its area by the code of its day; the area may have another one when the task comes.
scopes as (
    select mode_id, operating_mode, valid_from, valid_to, grid_code from modes
    union
    select modes.mode_id, modes.operating_mode, modes.valid_from, modes.valid_to, codes.current_code as grid_code
    from modes
    inner join codes on modes.grid_code = codes.grid_code
),

areas as (
    select * from {{ ref('dim_grid') }}
),

events as (
    select
        facts.operating_mode, facts.reported_at,
        {%- for level in range(0, 6) %}
        areas.path_{{ level }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_event') }} as facts
    inner join {{ ref('dim_feed') }} as feeds on facts.feed = feeds.feed
    inner join areas on facts.grid_version_id = areas.grid_version_id
    where facts.event_kind = 'grid_event' and facts.is_counted and facts.reported_at <= feeds.as_of
),

build_info as (
    select root_code from {{ ref('build_info') }}
),

periods as (
    select * from {{ ref('int_metric_period') }}
),

cuts as (
    select metric_id, period_kind from {{ ref('ref_metric_cut') }}
    where metric_id = 'M34'
),

-- A mode in which no task was reported yet has no time to switch.
switched as (
    select
        scopes.mode_id,
        cast(scopes.valid_from as date) as day,
        min({{ minutes_between('scopes.valid_from', 'events.reported_at') }}) as minutes
    from scopes
    cross join build_info
    inner join events
        on
            scopes.operating_mode = events.operating_mode
            and scopes.valid_from <= events.reported_at
            and (scopes.valid_to is null or scopes.valid_to > events.reported_at)
            and (
                scopes.grid_code = build_info.root_code
                {%- for level in range(0, 6) %}
                or scopes.grid_code = events.path_{{ level }}
                {%- endfor %}
            )
    group by scopes.mode_id, scopes.valid_from
),

final as (
    select
        cuts.metric_id,
        'all' as slice_kind,
        'all' as slice_code,
        build_info.root_code as grid_code,
        periods.period_kind,
        periods.period_start,
        periods.period_end,
        count(*) as den,
        cast({{ quantile('switched.minutes', 0.5) }} as double) as stat_value
    from switched
    cross join build_info
    inner join periods on switched.day >= periods.period_start and switched.day <= periods.period_end
    inner join cuts on periods.period_kind = cuts.period_kind
    group by cuts.metric_id, build_info.root_code, periods.period_kind, periods.period_start, periods.period_end
)

select * from final
