-- What each mark of dirt is called.
select mark, name_zh, name_en
from marts.ref_dirt_mark
order by mark
