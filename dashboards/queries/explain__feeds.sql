-- Which feeds bring the cases of some kinds, and how far each goes.
select feeds.feed, feeds.title_zh, feeds.title_en, feeds.system, feeds.as_of
from marts.dim_feed as feeds
where feeds.feed in (select distinct events.feed from marts.fct_event as events where list_contains($kinds, events.event_kind))
order by feeds.feed
