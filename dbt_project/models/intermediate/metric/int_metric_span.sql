{{ config(materialized='table') }}
-- Which chunks each due period is made of.
with due as (
    select * from {{ ref('int_metric_due_period') }}
),

chunks as (
    select distinct chunk_start from {{ ref('int_metric_day') }}
),

final as (
    select
        due.period_kind,
        due.period_start,
        due.period_end,
        chunks.chunk_start
    from due
    inner join chunks on due.period_start <= chunks.chunk_start and due.period_end >= chunks.chunk_start
    where due.period_kind <> 'day'
)

select * from final
