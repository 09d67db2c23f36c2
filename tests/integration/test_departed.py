"""Keys that a newer file no longer brings: counted when it is loaded, again when a file is taken back, anew by `verify`."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines import ingest
from pipelines.building.inputs import read_inputs
from pipelines.cli.show import funnel_line
from pipelines.core.delete_flag import MARKED
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


def flagged(number: int, flag: str, day: int) -> bytes:
    """An export of one case with a column of its own that says whether it was deleted."""
    header, row = rows_of(number, day=1).decode().splitlines()
    return f"{header},删除标志\n{row.replace('-01 08:', f'-0{day} 08:')},{flag}\n".encode()


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


FLAGGED = "delivery: changes\ndelete_flag: {header: 删除标志, values: ['1', 是]}"


def landed(place: Installation) -> list[tuple[str, list[str]]]:
    """Of each landed row when its version is of, and its marks."""
    frames = [pl.read_parquet(place.home.root / parse["landing_path"]) for parse in place.ledger.current_parses()]
    rows = pl.concat(frames).sort("_version_at", "_file").select("_version_at", "_flags").rows()
    return [(str(at.date()), flags) for at, flags in rows]


def test_a_row_that_says_it_was_deleted_is_marked_and_counted(tmp_path: Path) -> None:
    place = make_place(tmp_path, FLAGGED)
    assert send(place, 1, flagged(1, "0", 1)).deleted_at_source_n == 0
    outcome = send(place, 2, flagged(1, " １", 1))
    assert (outcome.accepted_n, outcome.deleted_at_source_n) == (1, 1)
    assert send(place, 3, flagged(1, "", 3)).deleted_at_source_n == 0, "it came back"
    assert landed(place).count(("2026-06-01", [MARKED])) == 1
    assert landed(place)[-1] == ("2026-06-03", [])
    assert built(place) == {"u20260601.csv": 0, "u20260602.csv": 1, "u20260603.csv": 0}
    assert {row["unknown_columns"] for row in place.ledger.rows("select unknown_columns from file")} == {"备用时间"}


def test_a_flagged_row_is_no_repeat_of_the_same_row_before_it(tmp_path: Path) -> None:
    place = make_place(tmp_path, FLAGGED)
    before, after = flagged(1, "0", 1).decode(), flagged(1, "是", 1).decode().splitlines()[1]
    outcome = send(place, 1, f"{before}{after}\n{after}\n".encode())
    assert (outcome.accepted_n, outcome.repeat_n) == (2, 1)


def test_a_file_without_the_flag_is_held(tmp_path: Path) -> None:
    outcome = send(make_place(tmp_path, FLAGGED), 1, rows_of(1))
    assert outcome.verdict == "held"
    assert "column 删除标志 is missing, which says of each row whether it was deleted" in outcome.message
    assert "mend delete_flag: in feeds/urban.yml" in outcome.message


def test_a_column_of_the_contract_can_be_the_flag(tmp_path: Path) -> None:
    place = make_place(tmp_path, "delivery: changes\ndelete_flag: {column: native_status, values: [已删除]}")
    header, row = rows_of(1).decode().splitlines()
    outcome = send(place, 1, f"{header},案件状态\n{row},已删除\n{row.replace('A1', 'A2')},办结\n".encode())
    assert (outcome.accepted_n, outcome.deleted_at_source_n) == (2, 1)
