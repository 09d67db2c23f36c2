-- From which day on a figure's cases were sent: before it nothing can be compared. The chunk that holds the first case
-- is a part of a week at most.
with chunks as (
    select * from {{ ref('int_metric_area_chunk') }}
),

final as (
    select metric_id, min(chunk_start) as first_day
    from chunks
    where slice_kind = 'all'
    group by metric_id
)

select * from final
