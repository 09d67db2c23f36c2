"""Figures that are not made of cases (entries with `sql:`): what they are made of instead.

Belongs here: the units of such a figure, where the published tables hold them. Does not: figures of cases (cases). An
entry without a query here is still told as a whole, with the name of the rule that makes it.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.core.settings import pick
from pipelines.core.warehouse import PublishedBuild, quoted
from pipelines.tracing.figure import Figure
from pipelines.tracing.naming import ALL

#: name of the rule (`sql:`) -> units: unit, feed, sha256, num, den, happened (day). `{schema}` is filled in.
WHOLES = {
    "metric_sql__data_health": (
        "select rules.feed || ' ' || rules.sha256 || ' ' || rules.rule_id || ' ' || coalesce(rules.column_name, '') as unit, "
        "rules.feed, rules.sha256, case when rules.failed_n = 0 and not rules.is_error then weights.weight else 0 end as num, "
        "weights.weight as den, cast(files.extracted_at as date) as happened "
        "from {schema}.fct_rule_outcome as rules join {schema}.ref_quality_weight as weights using (severity) "
        "join {schema}.fct_feed_outcome as files on rules.feed = files.feed and rules.sha256 = files.sha256"
    ),
}


@dataclass(frozen=True, slots=True)
class Whole:
    """What such a figure is made of: in words, and counted where the published tables hold its units.

    `num` and `den` are None where they do not. `units`: (name of the unit, numerator, denominator), largest first.
    """

    words: str
    num: int | None
    den: int | None
    units: tuple[tuple[str, int, int], ...]


def units_sql(figure: Figure, schema: str) -> str:
    """The units of the figure's period and slice, or an empty text where the published tables do not hold them."""
    query = WHOLES.get(figure.metric.sql, "")
    if not query:
        return ""
    only = "" if figure.name.slice_kind == ALL else f" and feed = {quoted(figure.name.slice_code)}"
    first, last = figure.window.first, figure.window.last
    return f"select * from ({query.format(schema=schema)}) where happened between date '{first}' and date '{last}'{only}"


def whole_of(build: PublishedBuild, figure: Figure, *, schema: str = "marts") -> Whole:
    """What the figure is made of, per feed and file."""
    query = units_sql(figure, schema)
    rule = figure.metric.sql
    if not query:
        words = pick(f"computed as a whole by {rule}; its units are not published", f"由 {rule} 整体计算，其组成单元不发布")
        return Whole(words, None, None, ())
    rows = build.rows(
        "select coalesce(files.file_name, units.sha256) as name, sum(num)::bigint, sum(den)::bigint "
        f"from ({query}) as units "
        f"left join {schema}.fct_feed_outcome as files on units.feed = files.feed and units.sha256 = files.sha256 "
        "group by all order by 3 desc, 1"
    )
    words = pick(
        f"checks of {len(rows)} files, weighted by severity ({rule})", f"{len(rows)} 个文件的检查结果，按严重程度加权（{rule}）"
    )
    units = tuple((str(name), int(num), int(den)) for name, num, den in rows)
    return Whole(words, sum(num for _, num, _ in units), sum(den for _, _, den in units), units)
