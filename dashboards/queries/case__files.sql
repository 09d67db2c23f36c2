-- Names of the files received.
select sha256, feed, min(file_name) as file_name
from marts.fct_feed_outcome
group by sha256, feed
order by sha256, feed
