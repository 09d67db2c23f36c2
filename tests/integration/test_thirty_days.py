"""Thirty days that follow one another, with a code remapped on the way: incremental is the full rebuild.

Run by `make prove-days`. Every day brings new rows, progress and corrections that reach back up to 90 days; deadlines
pass between two days; petitions are withdrawn; on the fifteenth day somebody decides that a code meant something else.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pipelines.core.canonical import canonical_hash, differing
from pipelines.core.settings import Home
from pipelines.core.state import Decision, Decisions
from pipelines.core.warehouse import open_published
from pipelines.synthetic.simulation import Simulation
from tests.integration import test_days

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]
BEFORE = dt.date(2026, 5, 31)
DAYS, REMAPPED_ON = 30, 15
#: The urban department's class 19 (other appearance) is from April on what others call piled materials.
REMAPPED = {"code_set": "category", "source_code": "2119", "canonical_code": "3004", "system": "yunwan_urban"}


def _remap(home: Path) -> None:
    decisions = Decisions.of(Home(home))
    try:
        decisions.append(
            Decision(
                kind="code_mapping", subject="yunwan_urban", content=REMAPPED, reason="the catalogue was renumbered",
                decided_by="data desk", decided_at=dt.datetime(2026, 6, 15, 9), effective_from=dt.date(2026, 4, 1),
            )
        )  # fmt: skip
    finally:
        decisions.close()


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[str]]:
    """(home brought through the days, source, how each day was built)."""
    base = tmp_path_factory.mktemp("thirty")
    simulation = Simulation(grids=12, days=160, seed=13, end=BEFORE, events_per_grid_month=40, ahead=DAYS)
    home, source = base / "home", base / "source"
    simulation.write(source, through=BEFORE)
    modes = [test_days._bring_up_to_date(test_days._open(home, source, BEFORE)).prepared.mode]
    for number in range(1, DAYS + 1):
        day = BEFORE + dt.timedelta(days=number)
        if number == REMAPPED_ON:
            _remap(home)
        simulation.write(source, after=day - dt.timedelta(days=1), through=day)
        modes.append(test_days._bring_up_to_date(test_days._open(home, source, day)).prepared.mode)
    return home, source, modes


def test_thirty_incremental_days_equal_one_full_build(followed: tuple[Path, Path, list[str]], tmp_path: Path) -> None:
    home, source, modes = followed
    fresh = tmp_path / "home"
    _remap(fresh)
    test_days._bring_up_to_date(test_days._open(fresh, source, BEFORE + dt.timedelta(days=DAYS)))
    assert [number for number, mode in enumerate(modes) if mode == "full"] == [0, REMAPPED_ON]
    with open_published(home) as one, open_published(fresh) as other:
        hashes = canonical_hash(one.connection), canonical_hash(other.connection)
    # What depends on the order of arrival (when a row was first seen) differs rightly: all came in one run to the other.
    assert not [name for name in differing(*hashes) if not name.endswith("(arrival)")]
    assert hashes[0]["state"] == hashes[1]["state"]


def test_the_days_held_what_they_are_to_prove(followed: tuple[Path, Path, list[str]]) -> None:
    """Corrections, withdrawals and passed deadlines did occur, and the remapped code stands under its new category."""
    home, _, _ = followed
    since = BEFORE + dt.timedelta(days=1)
    with open_published(home) as build:
        corrected = build.rows("select count(*) from marts.fct_event_version where version_no > 1 and version_at >= ?", [since])
        withdrawn = build.rows(
            "select count(*) from marts.fct_event where current_state = 'WITHDRAWN' and closed_at >= ?", [since]
        )
        passed = build.rows("select count(*) from marts.fct_event where deadline_at >= ? and closed_at is null", [since])
        remapped = build.rows(
            "select count(*) from marts.xwalk_category where source_code = '2119' and category_code = '3004' and is_current"
        )
    assert corrected[0][0] > 0
    assert withdrawn[0][0] > 0
    assert passed[0][0] > 0
    assert remapped[0][0] == 1
