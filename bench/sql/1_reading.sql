-- Times as departments write them; what none of these reads is NULL, and the row is rejected if it is its main time.
CREATE MACRO moment(s) AS coalesce(
    try_cast(s AS TIMESTAMP),
    try_strptime(s, [
        '%Y年%-m月%-d日 %H:%M:%S', '%Y年%-m月%-d日%-H时%-M分', '%Y年%-m月%-d日', '%Y/%-m/%-d %-H:%M', '%Y/%m/%d %H:%M:%S',
        '%Y/%-m/%-d', '%Y%m%d%H%M%S', '%Y%m%d'
    ]),
    CASE WHEN regexp_full_match(s, '\d{5}(\.\d+)?')
        THEN TIMESTAMP '1899-12-30' + to_seconds(round(s::DOUBLE * 86400)::BIGINT) END
);
CREATE MACRO number_of(s) AS try_cast(trim(translate(s, '０１２３４５６７８９．，,', '0123456789.')) AS DOUBLE);
CREATE MACRO cell(s) AS CASE WHEN trim(s) NOT IN ('', '无', '—', '-', '/', 'null', 'N/A', '不详') THEN trim(s) END;
CREATE MACRO in_window(t) AS t BETWEEN TIMESTAMP '2010-01-01' AND TIMESTAMP '2030-01-01';

-- Rules: rejected = the row does not count; warned = a bit per rule that it breaks.
CREATE TABLE police AS
WITH typed AS (
    SELECT
        cell("接警编号") AS case_no, moment("报警时间") AS reported_at, moment("派警时间") AS dispatched_at,
        moment("到达时间") AS arrived_at, moment("处警结束时间") AS closed_at, moment("受案时间") AS accepted_at,
        moment("立案时间") AS filed_at, moment("更新时间") AS updated_at, cell("警情类型") AS category,
        cell("报警方式") AS channel, cell("辖区单位") AS department, cell("案件性质") AS nature, cell("网格编码") AS grid_code,
        number_of("经度") AS lon, number_of("纬度") AS lat
    FROM raw_police
)
SELECT
    *,
    case_no IS NULL OR reported_at IS NULL OR NOT in_window(reported_at) AS rejected,
    (arrived_at < dispatched_at)::INT + 2 * (closed_at < arrived_at)::INT + 4 * (filed_at < accepted_at)::INT
        + 8 * (lon NOT BETWEEN -180 AND 180 OR lat NOT BETWEEN -90 AND 90)::INT
        + 16 * (NOT regexp_full_match(grid_code, '\d{6,17}'))::INT AS warned
FROM typed;

CREATE TABLE urban AS
WITH typed AS (
    SELECT
        cell("任务号") AS case_no, moment("上报时间") AS reported_at, moment("受理时间") AS accepted_at,
        moment("立案时间") AS registered_at, moment("派遣时间") AS dispatched_at, moment("处置完成时间") AS handled_at,
        moment("核查时间") AS verified_at, moment("结案时间") AS closed_at, moment("处置截止时间") AS deadline_at,
        moment("更新时间") AS updated_at, cell("小类编码") AS category, cell("问题来源") AS channel,
        cell("处置部门") AS department, cell("单元网格编码") AS grid_code, number_of("处置时限") AS limit_value
    FROM raw_urban
)
SELECT
    *,
    case_no IS NULL OR reported_at IS NULL OR NOT in_window(reported_at) AS rejected,
    (accepted_at < reported_at)::INT + 2 * (registered_at < accepted_at)::INT + 4 * (handled_at < dispatched_at)::INT
        + 8 * (closed_at < reported_at)::INT + 16 * (deadline_at < reported_at)::INT + 32 * (limit_value < 0)::INT AS warned
FROM typed;

CREATE TABLE petition AS
WITH typed AS (
    SELECT
        cell("信访件编号") AS case_no, moment("登记时间") AS reported_at, moment("应办结时间") AS deadline_at,
        moment("办结时间") AS closed_at, moment("更新时间") AS updated_at, cell("内容分类") AS category,
        cell("信访形式") AS channel, cell("责任单位") AS department, cell("网格编码") AS grid_code,
        number_of("信访人数") AS persons
    FROM raw_petition
)
SELECT
    *,
    case_no IS NULL OR reported_at IS NULL OR NOT in_window(reported_at) OR persons < 1 AS rejected,
    (closed_at < reported_at)::INT + 2 * (deadline_at < reported_at)::INT AS warned
FROM typed;

CREATE TABLE court AS
WITH typed AS (
    SELECT
        cell("案号") AS case_no, moment("立案日期") AS reported_at, moment("收案日期") AS received_at,
        moment("审限届满日") AS deadline_at, moment("结案日期") AS closed_at, moment("更新时间") AS updated_at,
        cell("案由代码") AS category, cell("案件类型代字") AS channel, cell("法院") AS department,
        cell("纠纷发生地") AS grid_code, cell("审级") AS instance, number_of("标的额") AS claim
    FROM raw_court
)
SELECT
    *,
    case_no IS NULL OR reported_at IS NULL OR NOT in_window(reported_at) AS rejected,
    (closed_at < reported_at)::INT + 2 * (reported_at < received_at)::INT + 4 * (claim < 0)::INT AS warned
FROM typed;
