"""The past of a home: what a build of it is made of is what a build was made of then."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from pipelines import ingest, past, reparse
from pipelines.core import decided
from pipelines.core.errors import UsageError
from pipelines.core.installation import Installation, open_installation
from pipelines.core.named_files import named_file
from tests.integration.small_exports import COVERED, built_of, make_place, rows_of, standing

MONDAY, TUESDAY, WEDNESDAY = (dt.datetime(2026, 7, day, 9) for day in (6, 7, 8))
EVENING = dt.timedelta(hours=12)


def take(place: Installation, now: dt.datetime, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (place.source_root / name).write_bytes(data)
    for binding in place.city.feeds:
        ingest.ingest_feed(binding, place, now=now)


def decide(place: Installation, name: str, now: dt.datetime, *, undo: bool = False) -> None:
    signed = decided.Signed("data desk", "sent by mistake", now)
    decided.retract(place.home, place.ledger, named_file(place.ledger, name), signed, undo=undo)


def at(place: Installation, moment: dt.datetime, to: Path) -> Installation:
    """The home as it was, opened."""
    made = past.make(place.home, to, moment)
    assert made.home.root == to
    return open_installation(city=place.city.folder, home=to, source_root=place.source_root)


@pytest.mark.parametrize("delivery", ["delivery: increment", COVERED])
def test_what_came_and_what_was_decided_later_is_not_there(tmp_path: Path, delivery: str) -> None:
    place = make_place(tmp_path / "place", delivery)
    then: list[tuple[dt.datetime, tuple[Any, ...], dict[str, str]]] = []

    def remember(day: dt.datetime) -> None:
        then.append((day + EVENING, built_of(place), standing(place)))

    take(place, MONDAY, {"u20260601.csv": rows_of(1, 2, 3), "u20260602.csv": rows_of(2, 3, 4, day=2)})
    remember(MONDAY)
    take(place, TUESDAY, {"u20260603.csv": rows_of(3, 4, 5, day=3)})
    decide(place, "u20260602.csv", TUESDAY)
    remember(TUESDAY)
    take(place, WEDNESDAY, {"u20260604.csv": rows_of(4, 5, 6, day=4)})
    decide(place, "u20260602.csv", WEDNESDAY, undo=True)
    decide(place, "u20260603.csv", WEDNESDAY)
    remember(WEDNESDAY)
    assert len({str(built) for _, built, _ in then}) == 3
    for number, (moment, built, stood) in enumerate(then):
        before = at(place, moment, tmp_path / f"past{number}")
        assert standing(before) == stood
        assert built_of(before) == built
        assert [f.read_bytes() for f in sorted(before.home.landing.rglob("*.parquet"))]
    assert built_of(place) == then[-1][1], "the home itself is as it was"


def test_a_file_that_was_read_anew_counts_as_it_was_read_then(tmp_path: Path) -> None:
    place = make_place(tmp_path / "place")
    take(place, MONDAY, {"u20260601.csv": rows_of(1, 2)})
    before = built_of(place)
    path = place.city.folder / "feeds" / "urban.yml"
    path.write_text(path.read_text(encoding="utf-8") + "columns: {reported_at: 备用时间}\n", encoding="utf-8")
    anew = open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)
    reparse.switch(anew, list(reparse.read_anew(anew, reparse.waiting(anew), now=TUESDAY)))
    assert anew.ledger.current_parses()[0]["accepted_n"] == 1
    seen = at(anew, MONDAY + EVENING, tmp_path / "past")
    assert seen.ledger.current_parses()[0]["accepted_n"] == 2
    assert built_of(seen)[0] == before[0]


def test_a_file_that_was_held_then_is_held(tmp_path: Path) -> None:
    place = make_place(tmp_path / "place", COVERED)
    take(place, MONDAY, {"u20260601.csv": rows_of(*range(20)), "u20260602.csv": rows_of(1, day=2)})
    assert standing(place) == {"u20260601.csv": "loaded", "u20260602.csv": "held"}
    file = named_file(place.ledger, "u20260602.csv")
    decided.release(place.home, place.ledger, file, decided.Signed("data desk", "the system was replaced", TUESDAY))
    ingest.load_stored(file, place, now=TUESDAY)
    assert standing(place) == {"u20260601.csv": "superseded", "u20260602.csv": "loaded"}
    assert standing(at(place, MONDAY + EVENING, tmp_path / "past")) == {"u20260601.csv": "loaded", "u20260602.csv": "held"}


def test_there_is_nothing_before_the_first_file_and_no_home_is_overwritten(tmp_path: Path) -> None:
    place = make_place(tmp_path / "place")
    take(place, TUESDAY, {"u20260601.csv": rows_of(1)})
    with pytest.raises(UsageError, match="nothing had been received by 2026-07-06"):
        past.make(place.home, tmp_path / "past", MONDAY)
    assert not (tmp_path / "past").exists()
    with pytest.raises(UsageError, match="not empty"):
        past.make(place.home, place.home.root, TUESDAY + EVENING)
