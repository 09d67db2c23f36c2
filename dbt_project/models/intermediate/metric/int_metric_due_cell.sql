{{ config(materialized='table') }}
-- The cells of the months to make anew; a cell lies in one month.
with days as (
    select * from {{ ref('int_metric_day') }}
),

due_months as (
    select * from {{ ref('int_metric_due_month') }}
),

final as (
    select distinct days.cell_start
    from days
    where cast(date_trunc('month', days.day) as date) in (select due_months.month_start from due_months)
)

select * from final
