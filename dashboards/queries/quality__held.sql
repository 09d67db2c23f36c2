-- Files held whole.
select feed, file_name, received_at, held_what
from marts.fct_feed_outcome
where status = 'held'
order by received_at desc, feed, file_name
limit 50
