"""The past of a home: what a build of it is made of is what a build was made of then."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest

from pipelines import ingest, past, reparse, replay
from pipelines.core import decided
from pipelines.core.errors import UsageError
from pipelines.core.installation import Installation, open_installation
from pipelines.core.measured import ScoreRow
from pipelines.core.named_files import named_file
from quality.verify import verify
from tests.integration.returned_rows import BAD, GOOD, export_of
from tests.integration.small_exports import COVERED, built_of, make_place, rows_of, standing

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (dt.datetime(2026, 7, day, 9) for day in (6, 7, 8, 9))
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


def told_of(place: Installation) -> tuple[Any, ...]:
    """What a home knows of its files, tickets and scores, beside what a build is made of."""
    files = place.ledger.rows("select name, sha256, extracted_at, covers, status, held_what from file order by sha256")
    tickets = place.ledger.rows("select ticket, parser, status, closed_by from quarantine order by ticket")
    return files, tickets, place.ledger.rows("select * from score order by 1, 2, 3, 4")


class Days:
    """A home over days: what it knew at the end of each is what its past of that evening knows."""

    def __init__(self, base: Path, delivery: str) -> None:
        self.base, self.place = base, make_place(base / "place", delivery)
        self.then: list[tuple[dt.datetime, tuple[Any, ...], tuple[Any, ...]]] = []

    def end(self, day: dt.datetime) -> None:
        self.place.ledger.add_scores([ScoreRow("urban", "2026-06", "validity", f"{day:%Y-%m-%d %H:%M:%S}", day.day, 100)])
        self.then.append((day + EVENING, built_of(self.place), told_of(self.place)))

    def check(self) -> None:
        assert len({str(told) for *_, told in self.then}) == len(self.then)
        for number, (moment, built, told) in enumerate(self.then):
            seen = at(self.place, moment, self.base / f"past{number}")
            assert told_of(seen) == told
            assert built_of(seen) == built


def send(place: Installation, now: dt.datetime, name: str, data: bytes) -> None:
    """A file written at that time."""
    path = place.source_root / name
    path.write_bytes(data)
    os.utime(path, (now.timestamp(), now.timestamp()))
    take(place, now, {})


@pytest.mark.parametrize("names", [("u20260601.csv", "u20260602.csv", "u20260603.csv"), ("u1.csv", "u2.csv", "u3.csv")])
@pytest.mark.parametrize("delivery", ["delivery: increment", COVERED])
def test_bytes_that_were_sent_again_later_are_what_they_were_then(tmp_path: Path, names: tuple[str, ...], delivery: str) -> None:
    """A, then B, then A's bytes again: before the third, B counts and A has its first name and time."""
    days = Days(tmp_path, delivery)
    a, b = rows_of(1, 2, 3), rows_of(1, 2, 4, day=2)
    for day, name, data in zip((MONDAY, TUESDAY, WEDNESDAY), names, (a, b, a), strict=True):
        send(days.place, day, name, data)
        days.end(day)
    days.check()


def test_a_superseded_file_that_was_sent_again_and_held_did_not_count_then(tmp_path: Path) -> None:
    days = Days(tmp_path, COVERED)
    few, many = rows_of(1), rows_of(*range(20), day=2)
    send(days.place, MONDAY, "u1.csv", few)
    days.end(MONDAY)
    send(days.place, TUESDAY, "u2.csv", many)
    days.end(TUESDAY)
    send(days.place, WEDNESDAY, "u3.csv", few)
    days.end(WEDNESDAY)
    assert standing(days.place) == {"u1.csv": "held", "u2.csv": "loaded"}
    file = named_file(days.place.ledger, "u1.csv")
    decided.release(days.place.home, days.place.ledger, file, decided.Signed("data desk", "it is right", THURSDAY))
    ingest.load_stored(file, days.place, now=THURSDAY)
    days.end(THURSDAY)
    assert standing(days.place) == {"u1.csv": "loaded", "u2.csv": "superseded"}
    days.check()


@pytest.mark.parametrize("delivery", ["delivery: increment", f"{COVERED}\nkey: none"])
def test_tickets_are_in_their_state_of_then(tmp_path: Path, delivery: str) -> None:
    """Accepted on Tuesday, mended at the source or replaced on Wednesday, that file retracted on Thursday."""
    days = Days(tmp_path, delivery)
    place = days.place
    take(place, MONDAY, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD), ("A3", "1999-01-01 07:00"))})
    days.end(MONDAY)
    early = place.ledger.rows("select ticket from quarantine where record_no = 3")[0]["ticket"]
    replay.accept(place, [early], decided.Signed("clerk", "checked on paper", TUESDAY))
    days.end(TUESDAY)
    take(place, WEDNESDAY, {"u20260602.csv": export_of(("A2", GOOD), ("A1", GOOD), updated="2026-06-02 08:00:00")})
    days.end(WEDNESDAY)
    decide(place, "u20260602.csv", THURSDAY)
    days.end(THURSDAY)
    found = [[ticket["status"] for ticket in tickets] for _, _, (_, tickets, _) in days.then]
    closed = "mended_at_source" if delivery == "delivery: increment" else "replaced_at_source"
    assert found == [["open", "open"], ["open", "accepted"], [closed, "accepted"], ["open", "accepted"]]
    days.check()
    past_home = tmp_path / "past2"
    assert [one for one in verify(past_home, place.city.folder, place.source_root) if not one.ok and not one.note_en] == []


def test_the_past_of_a_production_home_needs_no_key(tmp_path: Path) -> None:
    """Its key lies in a file of the home, or is not at hand at all: the vault stays behind, so a key of its own will do."""
    place = make_place(tmp_path / "place")
    take(place, MONDAY, {"u20260601.csv": rows_of(1, 2, 3)})
    told = built_of(place)
    with (place.city.folder / "city.yml").open("a", encoding="utf-8") as stream:
        stream.write("level: production\n")
    key = place.home.keys / "master.key"
    then = at(place, MONDAY + EVENING, tmp_path / "past")
    assert then.city.level == "production"
    assert built_of(then) == told
    own = then.home.keys / "master.key"
    assert (own.read_bytes() == key.read_bytes(), own.stat().st_mode & 0o077) == (False, 0)
    key.unlink()
    assert built_of(at(place, MONDAY + EVENING, tmp_path / "later")) == told
