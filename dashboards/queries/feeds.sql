-- The feeds, events before references.
select feed, contract, system, title_zh, title_en, latency_hours, as_of, is_reference
from marts.dim_feed
order by is_reference, feed
