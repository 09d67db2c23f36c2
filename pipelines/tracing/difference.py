"""Why a figure differs between two builds: steps that add up exactly.

Belongs here: carrying every case that counts differently from its old state to its new one, step by step, and adding up what
each step changed. Does not: which value belongs to which step (steps), what a case contributes (cases).

Both builds are asked for the figure's cases. A case that only the new one has came (new, late, or read by other rules), one
that only the old one has is gone (its file was retracted, replaced, or it was withdrawn). A case that both have is carried:
the definition, the grid, the clock and groups of its columns are exchanged one after the other, old for new, and after each
exchange the register's own query says whether it counts. So the steps of a case add up to its change, and all cases' steps
to the figure's; what they do not add up to, because a build says another figure than its cases, is the step `unexplained`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from pipelines.core.errors import UsageError
from pipelines.core.register import DERIVED, TIME_UNITS, Metric
from pipelines.core.warehouse import PublishedBuild
from pipelines.tracing.carry import Moves, carried_moves
from pipelines.tracing.definitions import changed_keys
from pipelines.tracing.figure import Figure, find_figure, residents_of
from pipelines.tracing.naming import FigureName
from pipelines.tracing.quantile import Minutes
from pipelines.tracing.steps import STEPS
from pipelines.tracing.wholes import unit_moves

#: Quantiles are floating numbers; everything else is compared exactly.
CLOSE = 1e-9
Sums = dict[str, tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Step:
    """What one kind of reason changed. `value` is the figure's after this step, `cases_n` how many cases it moved."""

    id: str
    num: int
    den: int
    cases_n: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure in two builds and the steps between.

    Attributes:
        before, after: as published.
        steps: in the order of STEPS, those that changed something; `num` and `den` add up to the change.
        moves: one row per case and step: event_id, step, num, den (changes), minutes_before, minutes_after, event_kind,
            source_case_no, category_code, category_before, file_before, record_before, file_after, record_after (of a unit of
            another kind: its name and file).
        changed_keys: keys of the definition that differ: those that decide about cases, those that only name or show.
        is_hidden: one of the two may not be shown; then nothing else is told.
    """

    before: Figure
    after: Figure
    steps: tuple[Step, ...]
    moves: pl.DataFrame
    changed_keys: tuple[list[str], list[str]]
    is_hidden: bool

    @property
    def adds_up(self) -> bool:
        """Whether the cases explain all of it."""
        return not any(step.id == "unexplained" for step in self.steps)


def difference(pair: PublishedBuild, asked: FigureName) -> Difference:
    """The figure in the two builds of `pair` (schemas `before` and `marts`) and the steps between.

    Raises UsageError for a name that leads nowhere in both, or for a period of which one build made no figures.
    """
    before, after = _both(pair, replace(asked, build=""))
    keys = changed_keys(before.metric, after.metric)
    if before.is_hidden or after.is_hidden:
        old, new = (replace(f, num=None, den=None, stat_value=None) if f.is_hidden else f for f in (before, after))
        return Difference(old, new, (), pl.DataFrame(), keys, is_hidden=True)
    is_whole = before.is_whole or after.is_whole
    moves = Moves(unit_moves(pair, before, after), Counter()) if is_whole else carried_moves(pair, before, after)
    return Difference(before, after, tuple(_steps(pair, before, after, moves)), moves.rows, keys, is_hidden=False)


def _both(pair: PublishedBuild, asked: FigureName) -> tuple[Figure, Figure]:
    """The figure in both builds; what only one of them knows (an area, a code) counts nothing in the other."""
    try:
        after = find_figure(pair, asked)
    except UsageError as error:
        try:
            before = find_figure(pair, asked, schema="before")
        except UsageError:
            raise error from None
        return before, find_figure(pair, asked, beside=before)
    return find_figure(pair, asked, schema="before", beside=after), after


def _steps(pair: PublishedBuild, before: Figure, after: Figure, moves: Moves) -> Iterator[Step]:
    """The steps that changed something, with the figure's value after each."""
    grouped = moves.rows.group_by("step").agg(pl.sum("num"), pl.sum("den"), pl.len())
    sums: Sums = {str(step): (int(num), int(den), int(cases)) for step, num, den, cases in grouped.iter_rows()}
    residents = _residents(pair, before, after)
    for step, den in residents.items():
        if step != "before" and den:
            num, old, cases = sums.get(step, (0, 0, 0))
            sums[step] = (num, old + den, cases)
    first = (before.num or 0, residents["before"] if before.metric.population else before.den or 0)
    last_den = sum(residents.values()) if after.metric.population and after.den is None else after.den or 0
    rest = [
        last - start - sum(values[n] for values in sums.values())
        for n, (start, last) in enumerate(zip(first, (after.num or 0, last_den), strict=True))
    ]
    if any(rest):
        # What the cases do not explain is said, never spread over the steps that do.
        sums["whole" if before.is_whole or after.is_whole else "unexplained"] = (rest[0], rest[1], 0)
    yield from _valued(before, after, sums, first, moves)


def _residents(pair: PublishedBuild, before: Figure, after: Figure) -> dict[str, int]:
    """Residents below the line in the old build, and by which step they changed: definition, time, population."""
    known = [
        residents_of(pair, before, schema="before"), residents_of(pair, replace(before, metric=after.metric), schema="before"),
        residents_of(pair, replace(before, metric=after.metric, window=after.window), schema="before"), residents_of(pair, after),
    ]  # fmt: skip
    old, defined, later, new = (found[0] if found else 0 for found in known)
    return {"before": old, "definition": defined - old, "time": later - defined, "population": new - later}


def _valued(before: Figure, after: Figure, sums: Sums, first: tuple[int, int], moves: Moves) -> Iterator[Step]:
    num, den = first
    metric = before.metric
    minutes = Minutes(moves.minutes)
    for kind in STEPS:
        if kind.id == "definition":
            metric = after.metric
        if kind.id not in sums:
            continue
        own = moves.rows.filter(pl.col("step") == kind.id)
        minutes.exchange(own.select("minutes_before", "minutes_after").iter_rows())
        more_num, more_den, cases = sums[kind.id]
        num, den = num + more_num, den + more_den
        yield Step(kind.id, more_num, more_den, cases, _value(metric, num, den, minutes))
    if metric.family == "composite" and not _is_close(before.stat_value, after.stat_value):
        yield Step("whole", 0, 0, 0, after.stat_value)
    if metric.family == "median" and not _is_close(
        minutes.quantile(metric.quantile, TIME_UNITS[metric.time_unit]), after.stat_value
    ):
        # M34 is a median by a rule of its own: no case of it is carried.
        yield Step("whole" if before.is_whole or after.is_whole else "unexplained", 0, 0, 0, after.stat_value)


def _value(metric: Metric, num: int, den: int, minutes: Minutes) -> float | None:
    """The figure's value, not rounded; None where there is nothing to divide by."""
    if metric.family == "median":
        return minutes.quantile(metric.quantile, TIME_UNITS[metric.time_unit])
    if metric.family in ("count", "stock"):
        return float(num)
    if metric.family in DERIVED:
        return None
    return num * metric.scale / den if den else None


def _is_close(one: float | None, other: float | None) -> bool:
    return (one is None and other is None) or (one is not None and other is not None and abs(one - other) < CLOSE)
