"""Keys that a newer file no longer brings: counted when it is loaded, again when a file is taken back, anew by `verify`."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from pipelines import ingest
from pipelines.building.inputs import read_inputs
from pipelines.cli.show import funnel_line
from pipelines.core.installation import Installation
from quality.invariant import Invariant, Scene
from quality.verify_departed import departed
from tests.integration.small_exports import COVERED, NOW, WHOLE, make_place, retract, rows_of


def send(place: Installation, number: int, data: bytes) -> ingest.FileOutcome:
    path = place.source_root / f"u2026060{number}.csv"
    path.write_bytes(data)
    os.utime(path, ns=(number * 10**9, number * 10**9))
    (outcome,) = ingest.ingest_feed(place.city.feeds[0], place, now=NOW)
    return outcome


def built(place: Installation) -> dict[str, int]:
    """What a build says of each file."""
    inputs = read_inputs(place.home, place.city, place.ledger, None)
    return {row["name"]: row["deleted_at_source_n"] for row in inputs.feed_outcomes}


def verified(place: Installation) -> list[Invariant]:
    with closing(sqlite3.connect(place.home.state / "ledger.db")) as ledger, duckdb.connect() as database:
        ledger.row_factory = sqlite3.Row
        return list(departed(Scene(place.home.root, place.city.folder, place.source_root, ledger), database))


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    place = make_place(tmp_path, COVERED)
    assert send(place, 1, rows_of(*range(1, 11))).deleted_at_source_n == 0
    return place


def test_keys_that_are_gone_are_counted_and_told(place: Installation) -> None:
    outcome = send(place, 2, rows_of(*range(3, 12), day=2))
    assert outcome.deleted_at_source_n == 2, "A1 and A2; A11 is new"
    assert "(2 deleted at source)" in funnel_line("Urban", [outcome])
    assert "deleted" not in funnel_line("Urban", [ingest.FileOutcome("urban", "u", "0", "loaded")])
    assert built(place) == {"u20260601.csv": 0, "u20260602.csv": 2}


def test_a_key_in_bad_order_is_set_aside_and_has_not_departed(place: Installation) -> None:
    outcome = send(place, 2, rows_of(*range(2, 11)).replace(b"A10,2026-06-01 07:00:00", b"A10,soon"))
    assert (outcome.quarantined_n, outcome.deleted_at_source_n) == (1, 1)


def test_files_taken_back_leave_the_comparison(place: Installation) -> None:
    send(place, 2, rows_of(*range(3, 12), day=2))
    send(place, 3, rows_of(*range(3, 11), day=3))
    assert built(place) == {"u20260601.csv": 0, "u20260602.csv": 2, "u20260603.csv": 1}
    retract(place, "u20260602.csv")
    assert built(place) == {"u20260601.csv": 0, "u20260602.csv": 0, "u20260603.csv": 2}
    retract(place, "u20260602.csv", undo=True)
    assert built(place) == {"u20260601.csv": 0, "u20260602.csv": 2, "u20260603.csv": 1}


def test_an_older_file_that_comes_late_is_compared_in_its_place(place: Installation) -> None:
    send(place, 3, rows_of(*range(1, 10), day=3))
    late = send(place, 2, rows_of(*range(2, 11), day=2))
    assert late.deleted_at_source_n == 1, "A1, which comes again in the third"
    assert built(place) == {"u20260601.csv": 0, "u20260602.csv": 1, "u20260603.csv": 1}


def test_a_file_that_says_not_what_it_covers_ends_nothing(tmp_path: Path) -> None:
    place = make_place(tmp_path, WHOLE)
    send(place, 1, rows_of(*range(1, 11)))
    assert send(place, 2, rows_of(*range(3, 12), day=2)).deleted_at_source_n == 0


def test_verify_counts_them_by_its_own_code(place: Installation) -> None:
    send(place, 2, rows_of(*range(3, 12), day=2).replace(b"A11,2026-06-02 07:00:00", b"A11,soon"))
    (one,) = verified(place)
    assert (one.ok, one.expected) == (True, "2")
    place.ledger.departed._db.execute("update departed set deleted_at_source_n = 1")
    assert [i.ok for i in verified(place)] == [False]
    place.ledger.departed._db.execute("update departed set sha256 = 'of no file'")
    assert [(i.ok, i.expected) for i in verified(place)] == [(False, "0")]
