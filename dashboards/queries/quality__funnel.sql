-- What became of the rows of each feed, over all files that are in use or were.
select
    feed,
    count(*) as files_n,
    count(*) filter (where status = 'held') as held_n,
    cast(coalesce(sum(read_n), 0) as bigint) as read_n,
    cast(coalesce(sum(accepted_n), 0) as bigint) as accepted_n,
    cast(coalesce(sum(quarantined_n), 0) as bigint) as quarantined_n,
    cast(coalesce(sum(repeat_n), 0) as bigint) as repeat_n,
    cast(coalesce(sum(nondata_n), 0) as bigint) as nondata_n,
    cast(coalesce(sum(deleted_at_source_n), 0) as bigint) as deleted_at_source_n,
    count(*) filter (where read_n <> accepted_n + quarantined_n + repeat_n + nondata_n) as not_closed_n,
    cast(coalesce(sum(unmapped_n), 0) as bigint) as unmapped_n,
    cast(coalesce(sum(unassigned_n), 0) as bigint) as unassigned_n,
    max(received_at) as received_at
from marts.fct_feed_outcome
group by feed
order by feed
