"""Conservation: restating on the map in force moves counts between areas and neither loses nor invents any.

Belongs here: one sum per metric, month and level, as it was and restated, read from the published file by SQL of our own.
Does not: any import of `pipelines`, on purpose (see verify).
"""

from __future__ import annotations

import duckdb

#: Sums of counts at each level: of all areas as they were, and of the areas in force with what they have today.
SUMS = """
with counts as (select metric_id from ref_metric where family = 'count'),
months as (
    select v.* from fct_metric_value as v inner join counts on v.metric_id = counts.metric_id
    where v.period_kind = 'month' and v.slice_kind = 'all'
),
in_force as (select grid_code from dim_grid where is_current),
today as (
    select metric_id, grid_level, period_start, grid_code, max_by(num, basis) as num
    from months where grid_code in (select grid_code from in_force) group by all
)
select
    was.metric_id, was.grid_level, was.months_n, was.total, coalesce(today.total, 0)
from (
    select metric_id, grid_level, count(distinct period_start) as months_n, sum(num) as total
    from months where basis = 'as_was' group by all
) as was
left join (select metric_id, grid_level, sum(num) as total from today group by all) as today
    on was.metric_id = today.metric_id and was.grid_level = today.grid_level
where was.metric_id in (select metric_id from months where basis = 'restated')
order by 1, 2
"""
#: Areas that ended without a successor: their cases lie in the area above, at another level.
ABOVE = "select count(*) from read_parquet(?, union_by_name = true) where restated_by = 'above'"


def sums_on_both_maps(database: duckdb.DuckDBPyConnection, parts: list[str]) -> list[tuple[str, int, int, int, int]]:
    """Rows of (metric, level, months, sum as it was, sum on the map in force); none where cases went to another level.

    Args:
        database: the published build.
        parts: its parts of `fct_event`.
    """
    if parts and database.execute(ABOVE, [parts]).fetchall()[0][0]:
        return []
    rows = database.execute(SUMS).fetchall()
    return [(str(metric), int(level), int(months), int(was), int(today)) for metric, level, months, was, today in rows]
