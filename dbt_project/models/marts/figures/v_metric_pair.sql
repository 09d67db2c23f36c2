-- Which period every change compares with which. Before its first case a metric has nothing to be compared with.
with changes as (
    select metric_id, of_metric, against from {{ ref('ref_metric') }}
    where family = 'change'
),

periods as (
    select * from {{ ref('bridge_period_before') }}
),

first_days as (
    select * from {{ ref('fct_metric_begin') }}
),

final as (
    select
        changes.metric_id, changes.of_metric, periods.*,
        {{ closing_rank('periods.period_kind', 'periods.period_end') }} as period_rank,
        {{ closing_rank('periods.period_kind', 'periods.before_end') }} as before_rank
    from changes
    inner join periods on changes.against = periods.against
    inner join first_days
        on changes.of_metric = first_days.metric_id and periods.before_start >= first_days.first_day
)

select * from final
