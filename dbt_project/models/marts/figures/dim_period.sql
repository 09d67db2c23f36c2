with periods as (
    select * from {{ ref('int_metric_period') }}
),

ranked as (
    select
        period_kind, period_start, period_end,
        {{ period_rank('period_kind', 'period_end') }} as period_rank,
        {{ closing_rank('period_kind', 'period_end') }} as closing_rank,
        {{ opening_year('period_kind', 'period_start') }} as first_year,
        cast(extract(year from period_end) as integer) as last_year
    from periods
),

final as (
    select distinct period_kind, period_start, period_end, period_rank, closing_rank, first_year, last_year
    from ranked
)

select * from final
