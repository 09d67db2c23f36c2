-- With which period each is compared: the same days a year before (weeks around the Spring Festival by the lunar year),
-- or for a month the month before; and the days of each kind in both: a February may lack a sixth of its working days.
-- noqa: disable=LT02
with periods as (
    select * from {{ ref('int_metric_period') }}
),

calendar as (
    select * from {{ ref('dim_date') }}
),

build_info as (
    select cast(as_of as date) as as_of_day, earliest from {{ ref('build_info') }}
),

limits as (
    select {{ threshold('festival_last_month') }} as festival_last_month
),

festivals as (
    select period_kind, period_start, period_end, extract(year from period_end) as year
    from periods
    where period_kind = 'spring_festival'
),

paired as (
    select
        'year_before' as against, period_kind, period_start, period_end,
        {{ year_before('period_start') }} as before_start,
        {{ year_before('period_end') }} as before_end
    from periods
    where
        period_kind in ('month', 'quarter', 'half_year', 'year', 'year_to_date')
    union all
    -- As many days of both years: a February to date has 28 of them in a leap year too.
    select
        'year_before' as against, period_kind, period_start, period_end,
        {{ add_months('period_start', '-12') }} as before_start,
        {{ add_months('period_end', '-12') }} as before_end
    from periods
    cross join build_info
    where
        period_kind in ('month_to_date', 'quarter_to_date', 'half_year_to_date')
        or (period_kind = 'day' and period_end = build_info.as_of_day)
    union all
    select
        'year_before' as against, later.period_kind, later.period_start, later.period_end,
        earlier.period_start as before_start,
        earlier.period_end as before_end
    from festivals as later
    inner join festivals as earlier on later.year = earlier.year + 1
    union all
    select
        'month_before' as against, period_kind, period_start, period_end,
        {{ add_months('period_start', '-1') }} as before_start,
        {{ add_days('period_start', '-1') }} as before_end
    from periods
    where period_kind = 'month'
),

-- Only periods that are over: an open one is compared under its own kind, to date.
over_both as (
    select paired.*
    from paired
    cross join build_info
    -- A window of the day a year before has no window of two years before to stand against.
    inner join periods as earlier
        on
            paired.period_kind = earlier.period_kind
            and paired.before_start = earlier.period_start
            and paired.before_end = earlier.period_end
    where
        paired.period_end <= build_info.as_of_day
        and (paired.before_end >= build_info.earliest or paired.period_kind = 'day')
),

days as (
    select
        over_both.against, over_both.period_kind, over_both.period_start, over_both.period_end,
        {%- for type in ['workday', 'weekend', 'holiday'] %}
        count(case when calendar.day_type = '{{ type }}' and calendar.date_day >= over_both.period_start then 1 end)
            as {{ type }}_n,
        count(case when calendar.day_type = '{{ type }}' and calendar.date_day <= over_both.before_end then 1 end)
            as {{ type }}_before_n{{ ',' if not loop.last }}
        {%- endfor %}
    from over_both
    inner join calendar
        on
            (calendar.date_day >= over_both.period_start and calendar.date_day <= over_both.period_end)
            or (calendar.date_day >= over_both.before_start and calendar.date_day <= over_both.before_end)
    group by over_both.against, over_both.period_kind, over_both.period_start, over_both.period_end
),

final as (
    select
        over_both.*,
        {%- for type in ['workday', 'weekend', 'holiday'] %}
        cast(days.{{ type }}_n as bigint) as {{ type }}_n,
        cast(days.{{ type }}_before_n as bigint) as {{ type }}_before_n,
        {%- endfor %}
        case
            when
                over_both.against = 'month_before'
                and (
                    extract(month from over_both.period_start) <= limits.festival_last_month
                    or extract(month from over_both.before_start) <= limits.festival_last_month
                )
                then 'festival_months'
        end as reason
    from over_both
    inner join days
        on
            over_both.against = days.against
            and over_both.period_kind = days.period_kind
            and over_both.period_start = days.period_start
            and over_both.period_end = days.period_end
    cross join limits
)

select * from final
