"""A fault in the middle of a day changes neither which file came last nor how often one came."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.core import faults
from pipelines.core.errors import CityError
from tests.integration.small_exports import COVERED, make_place, rows_of, standing, take

DAY = {"u20260601a.csv": rows_of(1, 2, 3), "u20260601b.csv": rows_of(1, 2, 4), "u20260602.csv": rows_of(1, 2, 5, day=2)}


@pytest.mark.parametrize("fault", ["source_read:eio", "vault_write:enospc", "landing_rename:eio"])
def test_a_file_that_could_not_be_taken_is_not_overtaken_by_one_that_covers_the_same(tmp_path: Path, fault: str) -> None:
    clean, place = make_place(tmp_path / "clean", COVERED), make_place(tmp_path / "place", COVERED)
    take(clean, DAY)
    with faults.armed(fault), pytest.raises(CityError, match=r"cannot be read|disk"):
        take(place, DAY)
    assert standing(place) == {"u20260602.csv": "loaded"}, "a later export waits for nobody"
    take(place)
    assert standing(place) == standing(clean)
    assert standing(clean)["u20260602.csv"] == "loaded"


def test_of_two_that_came_together_the_same_counts_after_a_fault(tmp_path: Path) -> None:
    clean, place = make_place(tmp_path / "clean", COVERED), make_place(tmp_path / "place", COVERED)
    day = dict(list(DAY.items())[:2])
    take(clean, day)
    with faults.armed("vault_write:eio"), pytest.raises(CityError):
        take(place, day)
    assert standing(place) == {}
    take(place)
    assert standing(place) == standing(clean) == {"u20260601a.csv": "superseded", "u20260601b.csv": "loaded"}


def test_a_stop_between_ledger_and_sighting_is_no_second_receipt(tmp_path: Path) -> None:
    place = make_place(tmp_path, COVERED)
    with faults.armed("after_ledger:exception"), pytest.raises(faults.InjectedFault):
        take(place, DAY)
    take(place)
    assert sorted(row["n"] for row in place.ledger.rows("select count(*) as n from receipt group by sha256")) == [1, 1, 1]
