-- One case with the names of its codes and the file that brought it.
select
    events.*, categories.name_zh as category_zh, categories.name_en as category_en, areas.name_zh as area_zh,
    areas.name_en as area_en, departments.name_zh as department_zh, departments.name_en as department_en,
    feeds.title_zh as feed_zh, feeds.title_en as feed_en, files.file_name, files.received_at as file_received_at
from marts.fct_event as events
left join marts.dim_category as categories on events.category_code = categories.category_code
left join marts.dim_feed as feeds on events.feed = feeds.feed
-- Its area as it was then: many have ended since. What has no place has no version.
left join marts.dim_grid as areas
    on
        events.grid_version_id = areas.grid_version_id
        or (events.grid_version_id is null and events.grid_code = areas.grid_code and areas.is_current)
left join (select * from marts.dim_department where is_current) as departments
    on events.lead_dept_id = departments.dept_id
left join marts.fct_feed_outcome as files on events.feed = files.feed and events.source_file = files.sha256
where events.event_id = $event
limit 1
