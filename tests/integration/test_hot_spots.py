"""Hot spots and M45 from published cases by other code: the built city, and a copy of it in which cases are gathered.

Belongs here: what the models make of cases. Does not: the rule on frames (tests/unit/test_hotspots.py). Nothing of
pipelines/analytics/hotspots.py is used to expect anything.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import math
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import shapely
from scipy.stats import false_discovery_control, pearson3

from pipelines.core.settings import load_settings
from pipelines.core.warehouse import Connection, PublishedBuild, open_published, writer
from pipelines.trace import asked_name, find_figure
from pipelines.tracing.wholes import whole_of
from tests.conftest import ROOT, TinyCity

#: The rule in words of its own: a year, ten cases, one false discovery in twenty, two kinds, grids and no micro-grids.
DAYS, LEAST, LIMIT, KINDS, GRID = 365, 10, 0.05, 2, 4
GATHERED = ("police_incident", "urban_case")
MODEL = ROOT / "dbt_project" / "models" / "intermediate" / "metric" / "int_hot_spot.py"


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


@pytest.fixture(scope="module")
def built(tiny_city: TinyCity) -> Iterator[PublishedBuild]:
    build = open_published(tiny_city.home)
    yield build
    build.close()


def test_hot_spots_of_the_built_city_are_those_of_its_cases(built: PublishedBuild) -> None:
    expected = expected_of(built.connection)
    assert len(expected.spots) > 50
    assert len({kind for kind, _ in expected.spots}) > 3
    assert_told(built.connection, expected)
    figures = built.rows("select grid_code, num from marts.fct_metric_value where metric_id = 'M45'")
    assert dict(figures) == expected.overlap


def test_no_count_is_published(built: PublishedBuild) -> None:
    columns = {name for (name,) in built.rows("select column_name from (describe marts.fct_hot_spot)")}
    assert not {name for name in columns if "cases" in name or name in ("p", "q", "value", "num")}
    assert all(z * 2 % 1 == 0 for (z,) in built.rows("select z from marts.fct_hot_spot")), "exact ones tell what neighbours have"
    assert "int_hot_spot" not in {name for (name,) in built.rows("select table_name from information_schema.tables")}


class Dbt:
    """What dbt hands to a Python model, of a copy of the warehouse."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def config(self, **_: Any) -> None:
        """Said to dbt alone."""

    def ref(self, name: str) -> Any:
        return self.connection.sql(f"select * from {'seeds' if name.startswith('ref_') else 'intermediate'}.{name}")


def remade(connection: Connection, compiled: Path) -> None:
    """The models made anew from the copy's cases; what lies between are views."""
    spec = importlib.util.spec_from_file_location("int_hot_spot", MODEL)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    connection.register("made", module.model(Dbt(connection), None))
    connection.execute("create or replace table intermediate.int_hot_spot as select * from made")
    text = next(compiled.glob("**/fct_hot_spot.sql")).read_text(encoding="utf-8")
    connection.execute(f"create or replace table marts.fct_hot_spot as {text}")


@pytest.fixture(scope="module")
def gathered(tiny_city: TinyCity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A copy in which two thirds of the police incidents and urban cases lie in a grid and the areas around it."""
    home = tiny_city.home / "warehouse"
    copy = tmp_path_factory.mktemp("gathered") / "build.duckdb"  # the compiled models name the database after its file
    shutil.copy(home / "build.duckdb", copy)
    with writer(copy, load_settings()) as connection:
        rows = connection.execute("select grid_code, geom_wkt from intermediate.int_hot_spot_area order by 1").fetchall()
        shapes = {code: shapely.from_wkt(text) for code, text in rows}
        around = {code: [c for c, s in shapes.items() if s.intersects(shape)] for code, shape in shapes.items()}
        middle = min(code for code, near in around.items() if len(near) == 4)
        for number, code in enumerate(around[middle]):
            connection.execute(
                "update marts.fct_event set restated_grid_code = ? where list_contains(?, event_kind) and hash(event_id) % 6 = ?",
                [code, list(GATHERED), number],
            )
        connection.execute("create or replace view marts.ref_event_kind as select * from seeds.ref_event_kind")
        remade(connection, home / "dbt" / "compiled")
        yield connection


def test_gathered_cases_are_hot_spots_that_two_kinds_share(gathered: Connection, built: PublishedBuild) -> None:
    expected = expected_of(gathered)
    assert expected.shared, "nothing is hot: this test shows nothing"
    assert len(expected.shared) < 10
    assert_told(gathered, expected)
    told = dict(gathered.execute("select grid_code, num from intermediate.int_metric_hot_overlap").fetchall())
    assert told == expected.overlap
    assert 0 in told.values(), "where none was found, the figure says so"


def test_a_trace_leads_to_the_areas(gathered: Connection, built: PublishedBuild) -> None:
    root = str(built.rows("select root_code from marts.build_info")[0][0])
    figure = find_figure(built, asked_name("M45", cut=None, area=root, period="as_of", basis=None))
    copy = PublishedBuild("copy", "2026-06-30", gathered)
    shared = expected_of(gathered).shared
    whole = whole_of(copy, figure)
    assert (whole.num, whole.den, whole.unit_is) == (len(shared), 0, "area")
    assert all(any(code in name for name, _, _ in whole.units) for code in shared)
    assert all("police" in name.lower() for name, _, _ in whole.units)
