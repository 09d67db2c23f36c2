-- Weeks of a community's or street's reports that stand out from the 13 weeks before. The rule is stated, and held
-- equal to this model by a test, in pipelines/analytics/warning.py; its numbers are in ref_threshold.
with published as (
    select * from {{ ref('fct_metric_value') }}
    where metric_id = 'V01' and slice_kind = 'event_kind' and period_kind = 'week' and grid_level in (2, 3)
),

-- One basis for all weeks of a series: the map in force.
figures as (
    {{ in_force('published') }}
),

build_info as (
    select {{ last_day_over('as_of') }} as last_day from {{ ref('build_info') }}
),

kinds as (
    select * from {{ ref('ref_event_kind') }}
),

grids as (
    select * from {{ ref('dim_grid') }}
),

limits as (
    {{ alert_limits() }}
),

complete as (
    select
        figures.slice_code as event_kind, figures.grid_code, figures.period_start as week_start, figures.num as value,
        figures.is_suppressed
    from figures
    cross join build_info
    where figures.period_end <= build_info.last_day
),

first_weeks as (
    select event_kind, min(week_start) as first_week from complete
    group by event_kind
),

weeks as (
    select distinct
        calendar.week_start,
        row_number() over (order by calendar.week_start desc) as weeks_ago
    from (select distinct week_start from {{ ref('dim_date') }}) as calendar
    cross join build_info
    where {{ add_days('calendar.week_start', '6') }} <= build_info.last_day
),

-- Only series that reach the least count in a week that is judged can alert; the others need no zeros filled in.
series as (
    select distinct complete.event_kind, complete.grid_code
    from complete
    inner join weeks on complete.week_start = weeks.week_start
    cross join limits
    where weeks.weeks_ago <= limits.weeks_kept and complete.value >= limits.least_count
),

filled as (
    select
        series.event_kind,
        series.grid_code,
        weeks.week_start,
        weeks.weeks_ago,
        coalesce(complete.value, 0) as value
    from series
    inner join first_weeks on series.event_kind = first_weeks.event_kind
    cross join limits
    inner join weeks
        on
            weeks.week_start >= first_weeks.first_week
            and weeks.weeks_ago <= limits.weeks_kept + 1 + limits.baseline_weeks
    left join complete
        on
            series.event_kind = complete.event_kind
            and series.grid_code = complete.grid_code
            and weeks.week_start = complete.week_start
),

judged as (
    select * from {{ robust_z('filled', 'limits') }} as robust
),

-- A median of 1 to 4 cases of persons is itself a small number: of a year that hides its weeks it would tell one.
told as (
    select
        judged.*, kinds.name_zh as kind_zh, kinds.name_en as kind_en, complete.is_suppressed,
        complete.is_suppressed
        or (kinds.subject = 'person' and judged.baseline <= limits.small_cell_max) as is_baseline_hidden
    from judged
    inner join complete
        on
            judged.event_kind = complete.event_kind
            and judged.grid_code = complete.grid_code
            and judged.week_start = complete.week_start
    inner join kinds on judged.event_kind = kinds.event_kind
    cross join limits
),

final as (
    select
        told.rule_id || ':' || told.event_kind || ':' || told.grid_code || ':'
        || cast(told.week_start as varchar) as alert_id,
        told.rule_id, 'V01' as metric_id, told.event_kind, told.grid_code,
        grids.grid_level,
        told.week_start as period_start,
        case when not told.is_suppressed then told.value end as value,
        case when not told.is_baseline_hidden then told.baseline end as baseline,
        case when not told.is_baseline_hidden then told.robust_z end as robust_z,
        {{ alert_reason_zh() }} as reason_zh,
        {{ alert_reason_en() }} as reason_en
    from told
    left join grids on told.grid_code = grids.grid_code and grids.is_current
)

select * from final
