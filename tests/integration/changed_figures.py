"""Changes of figures between two kept builds: which are drawn, and that the steps of one add up to what was published.

Belongs here: drawing and checking. Does not: bringing a home through days (days, test_build).
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from pipelines.core.warehouse import PublishedBuild
from pipelines.trace import FigureName, difference
from pipelines.tracing.naming import ANCHORED, Window

KEY = "metric_id, slice_kind, slice_code, grid_code, period_kind, period_start, period_end"

#: Kinds of which another record tells something: calls back, assistance of other networks, what followed a mediation.
TOLD_BESIDE = ("petition", "hotline_order", "grid_event", "mediation")
#: Periods that end on the build's own day are asked for without a day: each build's own.
OWN_DAY = {kind: word for word, kind in ANCHORED.items() if kind != "day"}


def changed(pair: PublishedBuild, rng: random.Random, count: int) -> list[FigureName]:
    """Names of figures that differ between two builds, drawn evenly over metrics and kinds of period."""
    stocks = {row[0] for row in pair.rows("select metric_id from marts.ref_metric where family = 'stock'")}
    days = {schema: pair.rows(f"select cast(as_of as date) from {schema}.build_info")[0][0] for schema in ("before", "marts")}
    made = {  # a build whose year has no case yet has no figure of the year to date: that is refused, with the periods it has
        schema: {
            row[0] for row in pair.rows(f"select distinct period_kind from {schema}.fct_metric_value where period_end = ?", [day])
        }
        for schema, day in days.items()
    }
    strata: dict[tuple[str, str], set[FigureName]] = {}
    for metric, kind, code, area, period, first, last in pair.rows(
        f"select {KEY} from (select * from marts.fct_metric_value where basis = 'as_was' and not is_suppressed) as n "
        f"full join (select * from before.fct_metric_value where basis = 'as_was' and not is_suppressed) as o using ({KEY}) "
        "where (n.num, n.den, n.stat_value) is distinct from (o.num, o.den, o.stat_value) order by all"
    ):
        if (metric in stocks or period in OWN_DAY) and last not in days.values():
            continue
        if period in OWN_DAY and not all(period in kinds for kinds in made.values()):
            continue
        if metric in stocks:
            word = "as_of"
        elif period in OWN_DAY:
            word = OWN_DAY[period]
        else:
            word = str(Window(period, first, last))
        strata.setdefault((metric, period), set()).add(FigureName(metric, area, word, kind, code))
    drawn: set[FigureName] = set()
    pools = [sorted(pool, key=str) for _, pool in sorted(strata.items())]
    for _ in range(count):
        drawn |= {rng.choice(pool) for pool in pools}
    return rng.sample(sorted(drawn, key=str), min(count, len(drawn)))


def figure_in(pair: PublishedBuild, schema: str, figure: Any) -> tuple[int, int, float | None]:
    """Numerator, denominator, value as the build published them: (0, 0, None) where it has no row, of a share none of its whole."""
    rows = pair.rows(
        f"select num, den, stat_value from {schema}.fct_metric_value where metric_id = ? and slice_kind = ? and slice_code = ? "
        "and grid_code = ? and period_kind = ? and period_end = ? and basis = 'as_was'",
        [figure.metric.id, figure.name.slice_kind, figure.name.slice_code, figure.area, figure.window.kind, figure.window.last],
    )
    if rows or figure.metric.family != "share":
        return (rows[0][0] or 0, rows[0][1] or 0, rows[0][2]) if rows else (0, 0, None)
    members = pair.rows(
        f"select distinct den from {schema}.fct_metric_value where metric_id = ? and slice_kind = ? and grid_code = ? "
        "and period_kind = ? and period_end = ? and basis = 'as_was' and not is_suppressed",
        [figure.metric.id, figure.name.slice_kind, figure.area, figure.window.kind, figure.window.last],
    )
    return 0, members[0][0] if members else 0, None


def check_change(pair: PublishedBuild, name: FigureName) -> Counter[str]:
    """The steps of one figure add up to what the two builds published, and are what their names say."""
    found = difference(pair, name)
    assert not found.is_hidden or not found.steps
    if found.is_hidden:
        return Counter(hidden=1)
    assert found.adds_up, (name, found.steps)
    old, new = figure_in(pair, "before", found.before), figure_in(pair, "marts", found.after)
    assert sum(step.num for step in found.steps) == new[0] - old[0], name
    if not found.after.metric.population or (old[1] and new[1]):
        assert sum(step.den for step in found.steps) == new[1] - old[1], name
    if found.after.metric.family == "median":
        last = [step.value for step in found.steps][-1] if found.steps else old[2]
        assert last == pytest.approx(new[2], abs=1e-9)
    for move in found.moves.iter_rows(named=True):
        same = (move["file_before"], move["record_before"]) == (move["file_after"], move["record_after"])
        if found.after.is_whole:
            continue
        if move["step"] in ("new", "late"):
            assert move["file_before"] is None
        elif move["step"] in ("time", "regridded"):
            assert move["file_before"] is not None
        elif move["step"] == "progress":
            assert not same or move["event_kind"] in TOLD_BESIDE, (
                "only there another record (a call, an assistance, a lawsuit) may tell more"
            )
        if move["step"] == "corrected" and move["file_after"] is not None:
            assert not same
    return Counter(step.id for step in found.steps)
