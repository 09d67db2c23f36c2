{{ config(materialized='table') }}
-- The periods to make anew: those with a day in a due cell.
with periods as (
    select * from {{ ref('int_metric_period') }}
),

due_days as (
    select day
    from {{ ref('int_metric_day') }}
    where cell_start in (select due.cell_start from {{ ref('int_metric_due_cell') }} as due)
),

final as (
    select distinct periods.period_kind, periods.period_start, periods.period_end
    from periods
    inner join due_days on due_days.day >= periods.period_start and due_days.day <= periods.period_end
)

select * from final
