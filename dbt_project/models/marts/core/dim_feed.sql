with feeds as (
    select * from {{ ref('stg_ops__feed') }}
),

final as (
    select feed, contract, system, domain, title_zh, title_en, latency_hours, as_of, is_reference
    from feeds
)

select * from final
