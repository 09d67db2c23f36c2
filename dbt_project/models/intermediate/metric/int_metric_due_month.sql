{{ config(materialized='table') }}
-- The months to make anew: all on a full build, else those in which something changed.
with calendar as (
    select date_day, month_start from {{ ref('dim_date') }}
),

touched as (
    select day from {{ ref('stg_ops__touched') }}
    where day is not null
),

build_info as (
    select mode from {{ ref('build_info') }}
),

final as (
    select distinct calendar.month_start
    from calendar
    cross join build_info
    where build_info.mode = 'full' or calendar.date_day in (select touched.day from touched)
)

select * from final
