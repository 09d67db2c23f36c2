-- What became of every file received, and what its rows still lack in the marts.
with files as (
    select * from {{ ref('stg_ops__feed_outcome') }}
),

feeds as (
    select * from {{ ref('dim_feed') }}
),

facts as (
    select * from {{ ref('fct_event') }}
),

lacking as (
    select
        feed,
        source_file,
        sum(
            case
                when
                    {{ list_has('dq_flags', 'unmapped_category') }}
                    or {{ list_has('dq_flags', 'unmapped_department') }}
                    or {{ list_has('dq_flags', 'unmapped_code') }}
                    then 1
                else 0
            end
        ) as unmapped_n,
        sum(case when grid_code = 'UNASSIGNED' then 1 else 0 end) as unassigned_n
    from facts
    group by feed, source_file
),

final as (
    select
        files.feed,
        files.contract,
        files.sha256,
        files.name as file_name,
        files.status,
        files.received_at,
        files.extracted_at,
        files.read_n,
        files.accepted_n,
        files.quarantined_n,
        files.repeat_n,
        files.nondata_n,
        files.deleted_at_source_n,
        coalesce(cast(lacking.unmapped_n as bigint), 0) as unmapped_n,
        coalesce(cast(lacking.unassigned_n as bigint), 0) as unassigned_n,
        greatest(
            0,
            {{ minutes_between(
                'coalesce(files.extracted_at, files.clock_max, files.received_at)', 'files.received_at'
            ) }}
            / 60.0
            - feeds.latency_hours
        ) as hours_late,
        files.held_what
    from files
    inner join feeds on files.feed = feeds.feed
    left join lacking on files.feed = lacking.feed and files.sha256 = lacking.source_file
)

select * from final
