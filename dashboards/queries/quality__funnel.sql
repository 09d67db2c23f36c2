-- What became of the rows of each feed, over all files that are in use or were.
select
    feed,
    count(*) as files_n,
    count(*) filter (where status = 'held') as held_n,
    coalesce(sum(read_n), 0) as read_n,
    coalesce(sum(accepted_n), 0) as accepted_n,
    coalesce(sum(quarantined_n), 0) as quarantined_n,
    coalesce(sum(repeat_n), 0) as repeat_n,
    coalesce(sum(nondata_n), 0) as nondata_n,
    count(*) filter (where read_n <> accepted_n + quarantined_n + repeat_n + nondata_n) as not_closed_n,
    coalesce(sum(unmapped_n), 0) as unmapped_n,
    coalesce(sum(unassigned_n), 0) as unassigned_n,
    max(received_at) as received_at
from marts.fct_feed_outcome
group by feed
order by feed
