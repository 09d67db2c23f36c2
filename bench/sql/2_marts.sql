-- The latest version of each case, one fact, a dozen marts.
CREATE TABLE fact AS
WITH versions AS (
    SELECT 'police' AS feed, * FROM police WHERE NOT rejected
    UNION ALL BY NAME SELECT 'urban' AS feed, * FROM urban WHERE NOT rejected
    UNION ALL BY NAME SELECT 'petition' AS feed, * FROM petition WHERE NOT rejected
    UNION ALL BY NAME SELECT 'court' AS feed, * FROM court WHERE NOT rejected
), latest AS (
    SELECT * FROM versions
    QUALIFY row_number() OVER (PARTITION BY feed, case_no ORDER BY updated_at DESC NULLS LAST, hash(versions)) = 1
)
SELECT latest.* EXCLUDE (rejected), coalesce(area.code, 'UNASSIGNED') AS leaf, date_trunc('month', reported_at)::DATE AS month
FROM latest LEFT JOIN area ON area.code = latest.grid_code;

CREATE TABLE now_is AS SELECT max(reported_at) AS as_of FROM fact;

CREATE TABLE above AS
WITH RECURSIVE up AS (
    SELECT code AS leaf, code AS area, level, parent FROM area
    UNION ALL SELECT up.leaf, area.code, area.level, area.parent FROM up JOIN area ON area.code = up.parent
)
SELECT leaf, area, level FROM up
UNION ALL SELECT 'UNASSIGNED', code, level FROM area WHERE parent IS NULL;

CREATE TABLE m_feed AS
SELECT feed, count(*) AS events, (SELECT count(*) FROM police WHERE rejected AND feed = 'police')
    + (SELECT count(*) FROM urban WHERE rejected AND feed = 'urban')
    + (SELECT count(*) FROM petition WHERE rejected AND feed = 'petition')
    + (SELECT count(*) FROM court WHERE rejected AND feed = 'court') AS rejected
FROM fact GROUP BY feed;

CREATE TABLE m_day AS SELECT feed, leaf, reported_at::DATE AS day, count(*) AS cases FROM fact GROUP BY ALL;

CREATE TABLE m_month_area AS
SELECT feed, area, level, date_trunc('month', day)::DATE AS month, sum(cases) AS cases FROM m_day JOIN above USING (leaf) GROUP BY ALL;

CREATE TABLE m_year_area AS
WITH years AS (SELECT feed, area, level, year(month) AS year, sum(cases) AS cases FROM m_month_area GROUP BY ALL)
SELECT *, lag(cases) OVER (PARTITION BY feed, area ORDER BY year) AS cases_before FROM years;

CREATE TABLE m_on_time AS
SELECT
    area, level, date_trunc('month', deadline_at)::DATE AS month, count(*) AS due,
    count(*) FILTER (closed_at <= deadline_at) AS on_time
FROM fact JOIN above USING (leaf) WHERE feed = 'urban' AND deadline_at <= (SELECT as_of FROM now_is) GROUP BY ALL;

CREATE TABLE m_open AS
SELECT
    feed, area, level, width_bucket, count(*) AS open_cases, count(*) FILTER (deadline_at < as_of) AS overdue
FROM (
    SELECT fact.*, now_is.as_of, least(4, datediff('day', reported_at, now_is.as_of) // 30) AS width_bucket
    FROM fact, now_is WHERE closed_at IS NULL OR closed_at > now_is.as_of
) JOIN above USING (leaf) GROUP BY ALL;

-- Summed by leaf before it is rolled up: joining residents to single cases first makes billions of pairs.
CREATE TABLE m_police_rate AS
WITH by_leaf AS (
    SELECT
        leaf, year(reported_at) AS year, count(*) FILTER (nature = '行政案件' OR accepted_at IS NOT NULL) AS order_cases,
        count(*) FILTER (filed_at IS NOT NULL) AS filed_cases
    FROM fact WHERE feed = 'police' GROUP BY ALL
), by_area AS (
    SELECT area, year, sum(order_cases) AS order_cases, sum(filed_cases) AS filed_cases FROM by_leaf JOIN above USING (leaf) GROUP BY ALL
)
SELECT by_area.*, usual AS residents, filed_cases * 1000.0 / usual AS filed_per_1000
FROM by_area JOIN population ON population.code = area AND population.year = by_area.year;

CREATE TABLE m_lawsuit_rate AS
WITH by_area AS (SELECT area, year, cases FROM m_year_area WHERE feed = 'court')
SELECT by_area.*, usual AS residents, cases * 10000.0 / usual AS per_10000
FROM by_area JOIN population ON population.code = area AND population.year = by_area.year;

CREATE TABLE m_petition AS
SELECT area, level, month, channel, count(*) AS matters, sum(persons) AS person_times
FROM fact JOIN above USING (leaf) WHERE feed = 'petition' GROUP BY ALL;

CREATE TABLE m_duration AS
SELECT
    feed, area, month, count(*) AS closed_cases, median(epoch(closed_at - reported_at)) / 3600 AS median_hours,
    quantile_cont(epoch(closed_at - reported_at), 0.9) / 3600 AS p90_hours
FROM fact JOIN above USING (leaf) WHERE level <= 2 AND closed_at IS NOT NULL GROUP BY ALL;

CREATE TABLE m_department AS
SELECT feed, department, month, count(*) AS cases, count(*) FILTER (closed_at <= deadline_at) AS on_time FROM fact GROUP BY ALL;

CREATE TABLE m_channel AS SELECT feed, channel, month, count(*) AS cases FROM fact GROUP BY ALL;

CREATE TABLE m_category AS
SELECT feed, category, area, month, count(*) AS cases FROM fact JOIN above USING (leaf) WHERE level <= 2 GROUP BY ALL;

CREATE TABLE m_hour AS
SELECT feed, dayofweek(reported_at) AS weekday, hour(reported_at) AS hour, count(*) AS cases FROM fact GROUP BY ALL;

CREATE TABLE m_rules AS
SELECT feed, bit, count(*) FILTER ((warned >> bit) & 1 = 1) AS failed, count(*) AS evaluated FROM fact, range(6) AS bits(bit) GROUP BY ALL;

CHECKPOINT;
