"""What a run costs when there is nothing to do does not grow with what came before."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

import pytest

from pipelines import ingest
from pipelines.core.state import Ledger
from pipelines.ingesting import at_source
from pipelines.sources import drop
from tests.integration.returned_rows import BAD, GOOD, export_of
from tests.integration.small_exports import NOW, make_place, take


def test_opening_a_ledger_as_it_should_be_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(path).close()
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("begin immediate")
    try:
        began = time.monotonic()
        Ledger(path).close()  # would wait a minute for the writer, and then fail
        assert time.monotonic() - began < 30
    finally:
        writer.execute("rollback")
        writer.close()


def test_an_open_ticket_asks_a_later_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path)
    asked: list[str] = []
    brought = at_source._brought

    def counting(*of: object) -> set[str]:
        asked.append(str(of[1]))
        return brought(*of)  # type: ignore[arg-type]

    monkeypatch.setattr(at_source, "_brought", counting)
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD))})
    for day in (2, 3, 4):
        take(place, {f"u2026060{day}.csv": export_of((f"B{day}", GOOD), updated=f"2026-06-0{day} 08:00:00")})
    assert len(asked) == len(set(asked)) == 3
    take(place, {"u20260605.csv": export_of(("C1", BAD), updated="2026-06-05 08:00:00")})
    take(place, {"u20260606.csv": export_of(("A2", GOOD), ("C1", GOOD), updated="2026-06-06 08:00:00")})
    assert len(asked) == len(set(asked))
    assert [row["status"] for row in place.ledger.rows("select status from quarantine")] == ["mended_at_source"] * 2
    asked.clear()
    assert ingest.ingest_feed(place.city.feeds[0], place, now=NOW) == []
    assert asked == []


def test_files_from_the_future_are_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(drop.time, "sleep", slept.append)
    paths = [tmp_path / f"u{n}.csv" for n in range(5)]
    for path in paths:
        path.write_text("x", encoding="utf-8")
        os.utime(path, (time.time() + 86_400,) * 2)
    assert sorted(drop._ahead(paths, 5)) == paths
    assert slept == [5]
