-- What a day off counts for where a change is adjusted to working days: cases of a day off to cases of a working day,
-- measured on the city's own last years. A court takes in nothing on a Sunday; emergency calls do not rest.
-- noqa: disable=LT02
with adjusted as (
    select metric_id, of_metric from {{ ref('ref_metric') }}
    where family = 'change' and adjust = 'workdays'
),

atoms as (
    select * from {{ ref('int_metric_atom') }}
    where slice_kind = 'all' and time_grain = 'day'
),

calendar as (
    select * from {{ ref('dim_date') }}
),

build_info as (
    select cast(as_of as date) as as_of_day from {{ ref('build_info') }}
),

limits as (
    select {{ threshold('day_weight_years') }} as years_n, {{ threshold('day_weight_least_cases') }} as least_cases
),

begins as (
    select * from {{ ref('fct_metric_begin') }}
),

per_day as (
    select metric_id, day, sum(num) as cases_n
    from atoms
    where metric_id in (select adjusted.of_metric from adjusted)
    group by metric_id, day
),

-- Whole days from the first case on, so that a day without a case counts as a day.
measured_days as (
    select adjusted.metric_id, adjusted.of_metric, calendar.date_day, calendar.day_type
    from adjusted
    inner join begins on adjusted.of_metric = begins.metric_id
    cross join build_info
    cross join limits
    inner join calendar
        on
            begins.first_day <= calendar.date_day
            and build_info.as_of_day >= calendar.date_day
            and {{ add_months('build_info.as_of_day', '-12 * limits.years_n') }} < calendar.date_day
),

by_type as (
    select
        days.metric_id,
        {%- for type in ['workday', 'weekend', 'holiday'] %}
        count(case when days.day_type = '{{ type }}' then 1 end) as {{ type }}_n,
        coalesce(sum(case when days.day_type = '{{ type }}' then per_day.cases_n end), 0)
            as {{ type }}_cases_n{{ ',' if not loop.last }}
        {%- endfor %}
    from measured_days as days
    left join per_day on days.of_metric = per_day.metric_id and days.date_day = per_day.day
    group by days.metric_id
),

final as (
    select
        by_type.metric_id,
        cast(by_type.workday_cases_n as bigint) as workday_cases_n,
        {%- for type in ['weekend', 'holiday'] %}
        cast(
            case
                when by_type.workday_cases_n < limits.least_cases or by_type.{{ type }}_n = 0 then 1
                else
                    (cast(by_type.{{ type }}_cases_n as double) / by_type.{{ type }}_n)
                    / (cast(by_type.workday_cases_n as double) / by_type.workday_n)
            end as double
        ) as {{ type }}_weight{{ ',' if not loop.last }}
        {%- endfor %}
    from by_type
    cross join limits
)

select * from final
