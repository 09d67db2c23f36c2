"""Hot spots and M45 of a build, worked out anew from its cases and areas by code that is not the pipeline's.

Belongs here: the expectation, and the comparison with what a build says. Does not: tests. Nothing of
pipelines/analytics/hotspots.py is used.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass

import shapely
from scipy.stats import false_discovery_control, pearson3

from pipelines.core.warehouse import Connection

#: The rule in words of its own: a year, ten cases, one false discovery in twenty, two kinds, grids and no micro-grids.
DAYS, LEAST, LIMIT, KINDS, GRID = 365, 10, 0.05, 2, 4


@dataclass
class Expected:
    """(kind, area) -> (z, q, whether hot) of areas with enough cases; area of levels 0 to 2 -> M45."""

    spots: dict[tuple[str, str], tuple[float, float, bool]]
    shared: set[str]
    overlap: dict[str, int]


def _z(x: list[int], near: set[int]) -> float:
    """Gi* with weights of 0 and 1, as Ord and Getis write it."""
    n, k, mean = len(x), len(near), sum(x) / len(x)
    s = math.sqrt(sum(v * v for v in x) / n - mean**2)
    return (sum(x[j] for j in near) - mean * k) / (s * math.sqrt((n * k - k * k) / (n - 1)))


def _p(x: list[int], near: set[int], z: float) -> float:
    """Of Pearson's type III with the skewness of a sum of as many of these numbers, drawn without putting back."""
    n, k, mean = len(x), len(near), sum(x) / len(x)
    second, third = (sum((v - mean) ** power for v in x) / n for power in (2, 3))
    of_sum = third * k * (n - k) * (n - 2 * k) / ((n - 1) * (n - 2))
    return float(pearson3.sf(z, of_sum / (second * k * (n - k) / (n - 1)) ** 1.5))


def expected_of(connection: Connection) -> Expected:
    """Everything anew, from the cases and areas of a build."""
    as_of, root = connection.execute("select cast(as_of as date), root_code from marts.build_info").fetchall()[0]
    named = "grid_code, grid_level, parent_code, geom_wkt, path_0, path_1, path_2"
    rows = connection.execute(f"select {named} from marts.dim_grid where is_current").fetchall()
    known = [row for row in rows if row[1] <= GRID and row[0] != "UNASSIGNED"]
    leaves = sorted((row for row in known if row[0] not in {other[2] for other in known}), key=lambda row: str(row[0]))
    shapes = [shapely.from_wkt(row[3]) for row in leaves]
    # Corners and sides of these outlines are equal to the last digit: no tolerance is needed to see that they touch.
    near = [{j for j, other in enumerate(shapes) if shape.intersects(other)} for shape in shapes]
    cases = connection.execute(
        "select e.event_kind, e.restated_grid_code from marts.fct_event e join marts.dim_feed f on f.feed = e.feed "
        "where e.is_counted and e.event_id = e.root_event_id and e.time_precision in ('minute', 'day') "
        "and e.event_kind not in ('callback', 'deliberation', 'dispatch_whistle', 'grid_assist') "
        "and e.reported_at <= f.as_of and e.reported_at >= ?",
        [dt.datetime.combine(as_of - dt.timedelta(days=DAYS - 1), dt.time())],
    ).fetchall()
    at = {row[0]: n for n, row in enumerate(leaves)}
    spots: dict[tuple[str, str], tuple[float, float, bool]] = {}
    for kind in sorted({kind for kind, _ in cases}):
        counts = Counter(at[code] for other, code in cases if other == kind and code in at)
        x = [counts[n] for n in range(len(leaves))]
        if not any(x):
            continue
        z = [_z(x, near[n]) for n in range(len(x))]
        q = false_discovery_control([_p(x, near[n], z[n]) for n in range(len(x))])
        spots |= {(kind, row[0]): (z[n], q[n], bool(q[n] <= LIMIT)) for n, row in enumerate(leaves) if x[n] >= LEAST}
    hot = Counter(code for (_, code), (_, _, is_hot) in spots.items() if is_hot)
    shared = {code for code, kinds in hot.items() if kinds >= KINDS}
    overlap: Counter[str] = Counter()
    for code, _, _, _, *path in leaves:
        for up in {root, *(area for area in path if area)}:
            overlap[up] += code in shared
    return Expected(spots, shared, dict(overlap))


def assert_told(connection: Connection, expected: Expected) -> None:
    """`fct_hot_spot` and the figures of M45 before they are published, as expected."""
    rows = connection.execute(
        "select event_kind, grid_code, z, q_at_most, is_hot, is_shared, hot_kinds_n, neighbours, period_start, period_end from marts.fct_hot_spot"
    ).fetchall()
    assert {(row[0], row[1]) for row in rows} == set(expected.spots)
    for kind, code, z, q, is_hot, is_shared, kinds_n, neighbours, first, last in rows:
        true_z, true_q, true_hot = expected.spots[kind, code]
        assert z == round(2 * true_z) / 2, (kind, code)
        assert q == (0.01 if true_q <= 0.01 else 0.05 if true_hot else 1), (kind, code)
        assert (is_hot, is_shared) == (true_hot, code in expected.shared), (kind, code)
        assert kinds_n == sum(hot for (_, other), (_, _, hot) in expected.spots.items() if other == code)
        assert (neighbours, (last - first).days) == ("contiguity", DAYS - 1)
