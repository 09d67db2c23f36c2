-- How good each feed's data of a month was, by dimension, as each run saw it: what stayed as it was leaves no row, and
-- where nothing is left to be looked at (the last file was retracted) none is the latest.
with scores as (
    select * from {{ ref('stg_ops__score') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

seen as (
    select
        scores.feed,
        cast(scores.month || '-01' as date) as month,
        scores.dimension,
        scores.seen_at,
        scores.num,
        scores.den,
        scores.gx_evaluated_n,
        scores.gx_failed_n,
        scores.gx_error_n,
        row_number() over (
            partition by scores.feed, scores.month, scores.dimension order by scores.seen_at desc
        ) = 1 as is_latest
    from scores
    inner join feeds on scores.feed = feeds.feed
),

final as (
    select * from seen
    where den > 0
)

select * from final
