"""Which kinds of case are not opened hangs on the day that a build is of: on no clock, and for each build of a pair on its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.kit import access, opened, unopened
from dashboards.kit.access import Reader
from pipelines.core.settings import Home
from pipelines.core.warehouse import PublishedBuild, scratch

FROM, TO = "2026-03-01", "2026-05-01"
#: Build to the last day with data, and whether category 1 is not opened on it.
BUILDS = {
    "before": ("2026-02-28", False),
    "first": ("2026-03-01", True),
    "last": ("2026-04-30", True),
    "after": ("2026-05-01", False),
}
CELLS = "select slice_code, grid_code, period_kind from {schema}.v_metric_display order by all"
#: Of the city and of a part of it, by month and by week.
EVERY = [(code, area, kind) for code in ("1", "2") for area in ("C", "D") for kind in ("month", "week")]
TOLD = [cell for cell in EVERY if cell[0] != "1" or cell[1:] == ("C", "month")]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Builds of some days, and a table in which one category is not opened for two months."""
    monkeypatch.setattr(unopened, "_rows", lambda: ({"category_code": "1", "effective_from": FROM, "effective_to": TO},))
    folder = Home(tmp_path).published
    folder.mkdir(parents=True)
    cells = ", ".join(f"('category', '{code}', '{area}', '{kind}')" for code, area, kind in EVERY)
    for name, (day, _) in BUILDS.items():
        with scratch() as connection:
            connection.execute(f"attach '{folder / f'{name}.duckdb'}' as made")
            connection.execute(f"create table made.build_info as select 'C' as root_code, timestamp '{day} 23:59:59' as as_of")
            columns = "slice_kind, slice_code, grid_code, period_kind"
            connection.execute(f"create table made.v_metric_display as select * from (values {cells}) as t ({columns})")
    yield tmp_path
    opened.close_all()


def manifest(build: str) -> dict[str, Any]:
    """`as_of` of another day: what the build itself says counts."""
    return {"build": build, "file": f"{build}.duckdb", "as_of": "1999-01-01T00:00:00", "parts": []}


@pytest.mark.parametrize("build", BUILDS)
def test_a_build_is_narrowed_by_its_own_day(home: Path, build: str) -> None:
    found = access.read(home, manifest(build), Reader(), CELLS.format(schema="marts"), {}).rows()
    assert found == (TOLD if BUILDS[build][1] else EVERY)


@pytest.mark.parametrize(("earlier", "later"), [("before", "first"), ("last", "after")])
def test_each_of_two_builds_by_its_own(home: Path, earlier: str, later: str) -> None:
    def both(pair: PublishedBuild) -> list[list[Any]]:
        return [pair.rows(CELLS.format(schema=schema)) for schema in ("before", "marts")]

    found = access.lend(home, manifest(later), Reader(), both, earlier=manifest(earlier))
    assert found == [TOLD if BUILDS[build][1] else EVERY for build in (earlier, later)]


def test_a_day_without_such_a_kind_has_none(home: Path) -> None:
    assert unopened.categories(dt.date(2026, 2, 28)) == ()
    assert unopened.shown_figures("C", dt.date(2026, 2, 28), repr) == ""
    assert unopened.is_unopened("category", "1", dt.date(2026, 3, 1))
    assert not unopened.is_unopened("channel", "1", dt.date(2026, 3, 1))
    assert unopened.categories(dt.date(2026, 4, 30)) == ("1",)
