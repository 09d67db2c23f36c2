"""Hot spots and M45 from published cases by other code: the built city, and a copy of it in which cases are gathered.

Belongs here: what the models make of cases. Does not: the rule on frames (tests/unit/test_hotspots.py). Nothing of
pipelines/analytics/hotspots.py is used to expect anything (hot_spots_anew).
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely

from pipelines.core.settings import load_settings
from pipelines.core.warehouse import Connection, PublishedBuild, open_published, writer
from pipelines.trace import asked_name, find_figure
from pipelines.tracing.wholes import whole_of
from tests.conftest import ROOT, TinyCity
from tests.integration.hot_spots_anew import assert_told, expected_of

GATHERED = ("police_incident", "urban_case")
MODEL = ROOT / "dbt_project" / "models" / "intermediate" / "metric" / "int_hot_spot.py"


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
    rates = dict(built.rows(
        "select subject, count(eb_rate_per_1000) from marts.fct_hot_spot join marts.ref_event_kind using (event_kind) group by 1"
    ))  # fmt: skip
    assert rates["person"] == 0, "a rate per household tells the cases"
    assert rates["matter"] > 0
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
    assert (whole.num, whole.den, whole.unit_is) == (len(shared), None, "area")
    assert all(any(code in name for name, _, _ in whole.units) for code in shared)
    assert all("police" in name.lower() for name, _, _ in whole.units)


def test_of_one_kind_alone_nothing_is_shared_and_nothing_is_said(gathered: Connection) -> None:
    gathered.execute("begin")
    gathered.execute("delete from intermediate.int_hot_spot where event_kind <> 'police_incident'")
    assert gathered.execute("select count(*) from intermediate.int_metric_hot_overlap").fetchall() == [(0,)]
    gathered.execute("rollback")
