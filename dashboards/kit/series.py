"""Series: one figure over the spans of a trend, with what its control chart says and what it is to reach.

Belongs here: from rows of queries/trends__series.sql and targets.sql to values, limits, signals, targets. Does not:
drawing (multiples, charts), queries, layout.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import polars as pl

from dashboards.kit.aims import is_reached
from dashboards.kit.chance import Part, ProcessLimits, Verdict, compare, process_limits
from dashboards.kit.process import Signal, signals
from dashboards.kit.reading import Figure, Tone
from dashboards.kit.ripening import is_ripe, judged
from dashboards.kit.spans import Span
from dashboards.kit.words import Words

Reach = Literal["met", "short", "far", ""]
#: What two spans of one figure differ in, for the one that is compared.
_OF_A_SPAN = ("num", "den", "value", "ci_low", "ci_high", "reason", "is_suppressed")


@dataclass(frozen=True, slots=True)
class SpanFigure(Figure):
    """A figure of one span beside the same of another; counts are compared per day where the two differ in length."""

    days: tuple[int, int] = (1, 1)

    @property
    def verdict(self) -> Verdict:
        """Whether the two differ by more than chance."""
        if self.row.get("is_unripe"):
            return "unknown"
        if not self.is_count:
            unsaid = self.row.get("ci_low") is None or self.row["family"] == "median"
            return "unknown" if unsaid else compare(self.part(), self.part("earlier_"), is_share=self.is_share)
        now, before = self.part(), self.part("earlier_")
        if now is None or before is None:
            return "unknown"
        return compare(Part(now.num, self.days[0]), Part(before.num, self.days[1]), is_share=False)


@dataclass(frozen=True, slots=True)
class Series:
    """One figure in time order.

    Attributes:
        newest: the figure of the last span, with the same span a year before.
        spans, values, earlier, targets: one each per span drawn; None where there is none.
        limits: of its own past, None where the series is too short.
        signals: what the control chart says of each span.
        hidden_n: spans whose value is not shown to protect people.
    """

    newest: SpanFigure
    spans: list[Span]
    values: list[float | None]
    earlier: list[float | None]
    targets: list[float | None]
    limits: ProcessLimits | None
    signals: list[Signal | None]
    hidden_n: int

    @property
    def is_known(self) -> bool:
        """Whether any span has a value."""
        return any(value is not None for value in self.values)

    @property
    def signal(self) -> Signal | None:
        """What the control chart says of the last span."""
        return self.signals[-1] if self.signals else None

    def tone(self, signal: Signal | None) -> Tone:
        """Better or worse for a figure that has a direction, else only unlike its past."""
        if signal is None:
            return ""
        direction = self.newest.row["direction"]
        return "shift" if direction == "neutral" else "better" if signal.is_up == (direction == "higher") else "worse"

    @property
    def reach(self) -> Reach:
        """Whether the last span meets its target; `far`: its whole 95 % interval lies on the wrong side."""
        target, value = self.targets[-1] if self.targets else None, self.newest.value
        if target is None or value is None:
            return ""
        higher = self.newest.row["direction"] == "higher"
        if is_reached(float(value), target, str(self.newest.row["direction"])):
            return "met"
        end = self.newest.row.get("ci_high" if higher else "ci_low")
        is_far = end is not None and not is_reached(float(end), target, str(self.newest.row["direction"]))
        return "far" if is_far else "short"


def figure_of(
    metric: Mapping[str, Any], rows: Mapping[dt.date, Mapping[str, Any]], now: Span, before: Span, words: Words
) -> SpanFigure:
    """A figure of one span beside another span; a count that has no row counts nothing, once its feed had begun."""
    made = dict(metric) | {"period_kind": now.unit, "period_start": now.start, "period_end": now.end}
    made |= _told(metric, rows, now.start)
    made |= {f"earlier_{name}": value for name, value in _told(metric, rows, before.start).items()}
    return SpanFigure(made, words, (now.days, before.days))


def _told(metric: Mapping[str, Any], rows: Mapping[dt.date, Mapping[str, Any]], start: dt.date) -> dict[str, Any]:
    if start in rows:
        return {name: rows[start][name] for name in _OF_A_SPAN}
    is_nothing = metric["family"] == "count" and bool(rows) and start >= min(rows)
    return dict.fromkeys(_OF_A_SPAN) | {"is_suppressed": False} | ({"num": 0, "value": 0} if is_nothing else {})


def series_of(
    metric: Mapping[str, Any], found: pl.DataFrame, targets: pl.DataFrame, spans: Sequence[Span], words: Words, *,
    day: dt.date = dt.date.max,
) -> Series:  # fmt: skip
    """One figure over `spans`.

    Args:
        metric: its row of queries/metrics.sql.
        found: rows of queries/trends__series.sql, from a year before the first span on.
        targets: rows of queries/targets.sql.
        spans: in time order.
        words: of the reader.
        day: of the data; spans whose cases are too young on it are drawn and not judged.
    """
    rows = {row["period_start"]: row for row in found.filter(pl.col("metric_id") == metric["metric_id"]).rows(named=True)}
    goals = targets.filter(pl.col("metric_id") == metric["metric_id"]).rows(named=True)

    def value(span: Span) -> float | None:
        told = _told(metric, rows, span.start)["value"]
        return None if told is None else float(told)

    drawn = [span for span in spans if rows and span.start >= min(rows)] or list(spans[-1:])
    values = [value(span) for span in drawn]
    ripe = [
        value if is_ripe(str(metric["metric_id"]), min(span.end, day), day) else None
        for span, value in zip(drawn, values, strict=True)
    ]  # fmt: skip
    limits = process_limits(ripe)
    aims = [
        next((float(goal["target_value"]) for goal in goals if goal["valid_from"] <= span.start < goal["valid_to"]), None)
        for span in drawn
    ]
    last = drawn[-1]
    newest = figure_of(metric, rows, last, last.year_before, words)
    return Series(
        replace(newest, row=judged(newest.row, day)), drawn, values, [value(span.year_before) for span in drawn],
        aims, limits, signals(ripe, limits), sum(bool(row["is_suppressed"]) for row in rows.values()),
    )  # fmt: skip
