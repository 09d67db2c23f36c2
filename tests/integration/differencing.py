"""An attacker who subtracts: every hidden figure that published ones determine.

Belongs here: linear algebra on what a reader sees. Does not: the rule of suppression; nothing of it is used here.

For one count in one area let x(d) be the cases before day d. A figure of a period is x(day after its end) - x(first day).
The attacker knows every figure that is shown, that a period without a row is 0, that an area is the sum of its parts and
a count the sum of its members on every day, and which metrics count the same cases. What all this leaves open is a linear
space; a hidden figure is determined if it is the same on the whole space.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse
from scipy.sparse.linalg import lsmr

CELL = ["metric_id", "slice_kind", "slice_code", "grid_code", "period_kind", "period_start", "period_end"]
Node = tuple[str, str, dt.date]
DAY = dt.timedelta(days=1)
#: Random solutions looked at, and how near two days' values must lie to be the same in all of them.
DRAWS = 2
CLOSE = 1e-6


def count_of(definition: str, slice_kind: str, slice_code: str) -> str:
    """What a figure counts, by the entry that it was made with: two metrics with the same text count the same cases."""
    entry = json.loads(definition)
    kinds = [slice_code] if slice_kind == "event_kind" else sorted(entry["kinds"])
    keys = ("filter", "numerator", "numerator_time", "time", "counts", "sum_of")
    denominator = "" if entry["family"] in ("count", "share") or entry["population"] else entry["denominator"]
    member = "" if slice_kind in ("all", "event_kind") else f"{slice_kind}={slice_code}"
    stock = entry["family"] == "stock"
    return json.dumps([kinds, *[entry.get(k, "") for k in keys], denominator, entry["cohort"], stock, member], ensure_ascii=False)


class _Sets:
    """Union-find: days between which nothing can change."""

    def __init__(self) -> None:
        self.parent: dict[Hashable, Hashable] = {}

    def find(self, item: Hashable) -> Hashable:
        self.parent.setdefault(item, item)
        while self.parent[item] != item:
            self.parent[item] = self.parent[self.parent[item]]
            item = self.parent[item]
        return item

    def join(self, one: Hashable, other: Hashable) -> None:
        self.parent[self.find(one)] = self.find(other)


def _series(cells: pl.DataFrame, definitions: dict[str, str]) -> pl.DataFrame:
    named = cells.select(CELL[:3]).unique()
    texts = [count_of(definitions[m], kind, code) for m, kind, code in named.iter_rows()]
    return cells.join(named.with_columns(count=pl.Series(texts)), on=CELL[:3])


def _join_known(sets: _Sets, cells: pl.DataFrame) -> None:
    """Shown figures, and periods without a row where other periods of their kind are published."""
    periods = cells.select("period_kind", "period_start", "period_end").unique()
    for (count, area), part in cells.group_by("count", "grid_code"):
        kinds = part["period_kind"].unique()
        hidden = part.filter("is_hidden").select("period_kind", "period_start", "period_end").unique()
        known = periods.filter(pl.col("period_kind").is_in(kinds.implode())).join(hidden, on=hidden.columns, how="anti")
        for _, start, end in known.iter_rows():
            sets.join((count, area, start), (count, area, end + DAY))


def _sums(
    cells: pl.DataFrame, parents: dict[str, str], definitions: dict[str, str]
) -> Iterable[tuple[tuple[str, str], list[tuple[str, str]]]]:
    """(whole, parts) as pairs of count and area: areas of their parent, members of the whole."""
    here = set(cells.select("count", "grid_code").unique().iter_rows())
    in_areas: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for count, area in here:
        if (whole := (count, parents.get(area, ""))) in here:
            in_areas[whole].add((count, area))
    members: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for metric, kind, code, count in cells.select(*CELL[:3], "count").unique().iter_rows():
        if kind != "all":
            members[metric, kind, count_of(definitions[metric], "all", "all")].add(count)
        if kind == "category":
            domain = "C99" if code == "UNMAPPED" else f"C{code[:2]}"
            members[metric, kind, count_of(definitions[metric], "domain", domain)].add(count)
    for whole, parts in in_areas.items():
        yield whole, sorted(parts)
    for (_, _, whole_count), counts in members.items():
        for area in {a for c, a in here if c == whole_count}:
            yield (whole_count, area), [(c, area) for c in counts if (c, area) in here]


def determined(cells: pl.DataFrame, parents: dict[str, str], definitions: dict[str, str], *, seed: int = 1) -> pl.DataFrame:
    """The hidden figures (CELL) that the shown ones determine.

    Args:
        cells: every figure that is published: CELL, is_hidden. No numbers: whether one is determined hangs on none.
        parents: area to the area that holds it.
        definitions: metric to its entry as JSON.
    """
    told = _series(cells, definitions)
    # A count that one metric shows is known under every name.
    told = told.with_columns(pl.col("is_hidden").all().over("count", *CELL[3:]))
    sets = _Sets()
    _join_known(sets, told)
    days: dict[tuple[str, str], set[dt.date]] = defaultdict(set)
    for count, area, start, end in told.select("count", "grid_code", "period_start", "period_end").iter_rows():
        days[count, area] |= {start, end + DAY}
    first = min(min(found) for found in days.values())
    for (count, area), found in days.items():
        sets.join((count, area, first), (count, area, min(found)))
    number: dict[Hashable, int] = {}

    def index(count: str, area: str, day: dt.date) -> int:
        return number.setdefault(sets.find((count, area, day)), len(number))

    rows: list[dict[int, float]] = [{index(count, area, first): 1.0} for count, area in days]
    for whole, parts in _sums(told, parents, definitions):
        nodes = set(days[whole]).union(*(days[part] for part in parts)) if parts else set()
        for day in nodes:
            row: dict[int, float] = defaultdict(float)
            row[index(*whole, day)] += 1.0
            for part in parts:
                row[index(*part, day)] -= 1.0
            rows.append({unknown: weight for unknown, weight in row.items() if weight})
    moves_of = _open_moves(rows, seed)
    hidden = told.filter("is_hidden")
    ends = np.array([
        (index(c, a, start), index(c, a, end + DAY))
        for c, a, start, end in hidden.select("count", "grid_code", "period_start", "period_end").iter_rows()
    ]).reshape(-1, 2)  # fmt: skip
    nothing = np.zeros(DRAWS)
    moves = [np.abs(moves_of.get(e, nothing) - moves_of.get(s, nothing)).max() for s, e in ends]
    return hidden.filter(pl.Series(moves) < CLOSE).select(CELL)


def _open_moves(rows: Sequence[dict[int, float]], seed: int) -> dict[int, Any]:
    """Random solutions of the homogeneous equations: unknown -> its value in each draw.

    An equation of one unknown fixes it; an unknown of one equation is what the others in it make it, so both go; what
    remains is solved as a whole.
    """
    random = np.random.default_rng(seed)
    core, order, fixed = _peel(rows)
    value: dict[int, Any] = {unknown: np.zeros(DRAWS) for unknown in fixed}
    names = sorted({unknown for row in core for unknown in row})
    if names:
        place = {unknown: n for n, unknown in enumerate(names)}
        lines = np.repeat(np.arange(len(core)), [len(row) for row in core])
        columns = [place[unknown] for row in core for unknown in row]
        values = [weight for row in core for weight in row.values()]
        matrix = sparse.csr_matrix((values, (lines, columns)), shape=(len(core), len(names)))
        draws = random.normal(size=(len(names), DRAWS))
        for n in range(DRAWS):
            draws[:, n] -= lsmr(matrix, matrix @ draws[:, n], atol=1e-12, btol=1e-12, conlim=0, maxiter=5_000)[0]
        value |= {unknown: draws[place[unknown]] for unknown in names}
    for unknown, row in reversed(order):
        rest = np.zeros(DRAWS)
        for other, weight in row.items():
            if other != unknown:
                rest += weight * value.setdefault(other, random.normal(size=DRAWS))
        value[unknown] = -rest / row[unknown]
    for row in rows:
        for unknown in row:
            value.setdefault(unknown, random.normal(size=DRAWS))
    return value


def _peel(rows: Sequence[dict[int, float]]) -> tuple[list[dict[int, float]], list[tuple[int, dict[int, float]]], set[int]]:
    """(equations left, (unknown, its only equation) in the order they went, unknowns that are 0)."""
    live = {n: dict(row) for n, row in enumerate(rows)}
    uses: dict[int, set[int]] = defaultdict(set)
    for n, row in live.items():
        for unknown in row:
            uses[unknown].add(n)
    order: list[tuple[int, dict[int, float]]] = []
    fixed: set[int] = set()
    short = [n for n, row in live.items() if len(row) <= 1]
    lonely = [unknown for unknown, found in uses.items() if len(found) == 1]
    while short or lonely:
        if short:  # what is fixed goes first: it may make others lonely
            n = short.pop()
            row = live.pop(n, {})
            for unknown in row:
                fixed.add(unknown)
                for other in uses.pop(unknown) - {n}:
                    live[other].pop(unknown)
                    if len(live[other]) <= 1:
                        short.append(other)
            continue
        unknown = lonely.pop()
        if len(uses.get(unknown, ())) != 1:
            continue
        (n,) = uses.pop(unknown)
        row = live.pop(n)
        order.append((unknown, row))
        for other in row:
            if other != unknown:
                uses[other].discard(n)
                if len(uses[other]) == 1:
                    lonely.append(other)
    return list(live.values()), order, fixed
