"""Due: what should have been closed, what was, and what of that in time.

Belongs here: the months and the units of two rates that share their denominator - cases whose deadline fell in the period.
Does not: the rates themselves (the register), the rest of a board. What fell due before and was still open is in neither;
the rates that take it in are figures of their own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from dashboards.boards import field_slices
from dashboards.boards.field import Looked
from dashboards.kit import breakdown, charts
from dashboards.kit.chance import whole
from dashboards.kit.periods import months_before


@dataclass(frozen=True, slots=True)
class Due:
    """What became of what was due: closed, closed in time, not closed when the period ended.

    `in_time` is None where that rate is not shown, be it hidden or below its base: nothing is said then of when it was closed.
    """

    closed: int
    in_time: int | None
    left: int

    @property
    def total(self) -> int:
        """All that was due."""
        return self.closed + self.left

    @property
    def late(self) -> int | None:
        """Closed after the deadline; None where it is not known how much was closed in time."""
        return None if self.in_time is None else self.closed - self.in_time

    def counts(self, *, has_time: bool) -> tuple[int | None, int | None, int]:
        """The three numbers in the order in which they are drawn; without a rate in time the first is all that is closed."""
        return (self.in_time, self.late, self.left) if has_time else (self.closed, None, self.left)


#: What the segments are called (`due.<name>` of the words) and their colours; without a rate in time there are two.
SEGMENTS = (("in_time", charts.SEQUENCE[3]), ("late", charts.SEQUENCE[1]), ("left", charts.PALETTE["amber"]))


def due_of(closed: tuple[int, int], in_time: int | None) -> Due:
    """What became of what was due.

    Args:
        closed: numerator and denominator of the rate of what is closed.
        in_time: numerator of the rate of what was closed in time; None where there is none.
    """
    num, den = closed
    return Due(num, in_time, den - num)


def by_month(looked: Looked, *, closed: str, in_time: str = "") -> charts.Chart:
    """Columns: what was due in each month, and what became of it by that month's end."""
    words = looked.board.words
    caption = charts.Caption(words("due.months"), words("unit.cases"), looked.board.as_of, words("due.empty"))
    known, punctual = _by_month(looked, closed), _by_month(looked, in_time) if in_time else {}
    months = [month for n in reversed(range(whole("trend_months"))) if (month := months_before(looked.period.month, n)) in known]
    found = [due_of(known[month], punctual[month][0] if month in punctual else None) for month in months]
    labels = [words.month_short(month) for month in months]
    return breakdown.columns(caption, labels, _segments(looked, [words.month(m) for m in months], found, has_time=bool(in_time)))


def by_part(looked: Looked, kind: str, *, closed: str, in_time: str = "") -> charts.Chart:
    """Bars: which share of what was due in each part became what, in the order of codes."""
    board, words = looked.board, looked.board.words
    title = words("due.parts", by=words(f"field.by.{kind}"))
    caption = charts.Caption(title, "%", board.as_of, words("due.empty"))
    if not looked.figure(closed).row["period_kind"]:
        return charts.Chart(caption, None)
    punctual = {}
    if in_time and looked.figure(in_time).row["period_kind"]:
        parts = field_slices.parts_of(board, looked.place, looked.figure(in_time), kind)
        punctual = {part.figure.slice_code: part.figure.row["num"] for part in parts}
    rows = [
        (part.name, due_of((row["num"], row["den"]), punctual.get(part.figure.slice_code)))
        for part in field_slices.parts_of(board, looked.place, looked.figure(closed), kind)
        if (row := part.figure.row)["num"] is not None and row["den"]
    ]
    names, found = [name for name, _ in rows], [due for _, due in rows]
    ends = [words("due.end", n=words.number(due.total)) for due in found]
    shares = [
        replace(segment, values=[100 * (n or 0) / due.total for n, due in zip(segment.values, found, strict=True)])
        for segment in _segments(looked, names, found, has_time=bool(in_time))
    ]
    return charts.stacked(caption, names, shares, ends=ends)


def _by_month(looked: Looked, item: str) -> dict[dt.date, tuple[int, int]]:
    rows = looked.months(item).filter(period_kind="month").rows(named=True)
    return {row["period_start"]: (int(row["num"]), int(row["den"])) for row in rows if row["num"] is not None and row["den"]}


def _segments(looked: Looked, names: list[str], found: list[Due], *, has_time: bool) -> list[charts.Segment]:
    words = looked.board.words
    segments = []
    for at, (name, colour) in enumerate(SEGMENTS):
        if name == "late" and not has_time:
            continue
        called = words("due.closed") if name == "in_time" and not has_time else words(f"due.{name}")
        counts = [due.counts(has_time=has_time)[at] for due in found]
        hover = [
            words("due.hover", name=row, what=called, n=words.number(count), total=words.number(due.total))
            for row, count, due in zip(names, counts, found, strict=True)
        ]
        # What is not known has no length: a bar that ends early says so.
        segments.append(charts.Segment(called, [count or 0 for count in counts], hover, colour))
    return segments
