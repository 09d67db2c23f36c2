-- Every version of one case in the order in which they hold.
select versions.version_no, versions.version_at, versions.source_file, versions.source_record_no, versions.is_current,
    files.file_name
from marts.fct_event_version as versions
left join marts.fct_event as events on versions.event_id = events.event_id
left join marts.fct_feed_outcome as files on events.feed = files.feed and versions.source_file = files.sha256
where versions.event_id = $event
order by versions.version_no
limit 20
