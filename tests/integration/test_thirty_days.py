"""Thirty days that follow one another, with a code remapped on the way: incremental is the full rebuild.

Run by `make prove-days`. Every day brings new rows, progress and corrections that reach back up to 90 days; deadlines
pass between two days; petitions are withdrawn; on the fifteenth day somebody decides that a code meant something else.
"""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import pytest

from pipelines import past
from pipelines.core.canonical import canonical_hash, differing
from pipelines.core.decisions import Decision, Decisions
from pipelines.core.installation import Installation
from pipelines.core.settings import Home
from pipelines.core.warehouse import open_published
from tests.integration.days import BEFORE, Days, bring_through, bring_up_to_date, build_landed, open_at

pytestmark = [pytest.mark.proof, pytest.mark.timeout(5400)]
DAYS, REMAPPED_ON, LOOKED_BACK_TO = 30, 15, 20
#: The urban department's class 19 (other appearance) is from April on what others call piled materials.
REMAPPED = {"code_set": "category", "source_code": "2119", "canonical_code": "3004", "system": "yunwan_urban"}


def _remap(home: Path) -> None:
    decisions = Decisions.of(Home(home))
    try:
        decisions.append(
            Decision(
                kind="code_mapping", subject="yunwan_urban", content=REMAPPED, reason="the catalogue was renumbered",
                decided_by="data desk", decided_at=dt.datetime(2026, 7, 10, 9), effective_from=dt.date(2026, 4, 1),
            )
        )  # fmt: skip
    finally:
        decisions.close()


def _remap_once(place: Installation, number: int) -> None:
    if number == REMAPPED_ON:
        _remap(place.home.root)


#: When the day to be looked back to was published, and the hash of what was.
Then = tuple[dt.datetime, object]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Days, Then]:
    then: list[Then] = []

    def remember(place: Installation, number: int) -> None:
        if number == LOOKED_BACK_TO:
            with open_published(place.home.root) as build:
                then.append((place.now(), canonical_hash(build.connection)["state"]))
            time.sleep(1.1)  # the ledger's times are whole seconds

    days = bring_through(tmp_path_factory.mktemp("thirty"), DAYS, before_each=_remap_once, after_each=remember)
    return days, then[0]


@pytest.fixture(scope="module")
def followed(told: tuple[Days, Then]) -> Days:
    return told[0]


def test_thirty_incremental_days_equal_one_full_build(followed: Days, tmp_path: Path) -> None:
    fresh = tmp_path / "home"
    _remap(fresh)
    bring_up_to_date(open_at(fresh, followed.source, followed.last))
    assert [number for number, mode in enumerate(followed.modes) if mode == "full"] == [0, REMAPPED_ON]
    with open_published(followed.home) as one, open_published(fresh) as other:
        hashes = canonical_hash(one.connection), canonical_hash(other.connection)
    # What depends on the order of arrival (when a row was first seen) differs rightly: all came in one run to the other.
    assert not [name for name in differing(*hashes) if not name.endswith("(arrival)")]
    assert hashes[0]["state"] == hashes[1]["state"]


def test_the_days_held_what_they_are_to_prove(followed: Days) -> None:
    """Corrections, withdrawals and passed deadlines did occur, and the remapped code stands under its new category."""
    since = BEFORE + dt.timedelta(days=1)
    with open_published(followed.home) as build:
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


def test_what_was_known_on_a_past_day_can_be_built_again(told: tuple[Days, Then], tmp_path: Path) -> None:
    days, (moment, state) = told
    made = past.make(Home(days.home), tmp_path / "past", moment)
    day = BEFORE + dt.timedelta(days=LOOKED_BACK_TO)
    build_landed(open_at(made.home.root, days.source, day))
    with open_published(made.home.root) as build:
        assert canonical_hash(build.connection)["state"] == state
