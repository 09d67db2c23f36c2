"""Which of several files that cover the same counts: by extract time, then by receipt; what is sent again comes last."""

from __future__ import annotations

import datetime as dt
import itertools
import os
from pathlib import Path

import polars as pl
import pytest

from pipelines import ingest, reparse
from pipelines.core.installation import Installation, open_installation
from tests.integration.sentences import is_sentence
from tests.integration.small_exports import COVERED, NOW, make_place, release, retract, rows_of, standing, take

A, B = rows_of(1, 2), rows_of(1, 2, 3, day=2)


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    """A feed each of whose files covers the whole; the names below tell no extract time."""
    return make_place(tmp_path, COVERED)


def send(place: Installation, name: str, data: bytes, at: int) -> dict[str, str]:
    path = place.source_root / name
    path.write_bytes(data)
    os.utime(path, ns=(at * 10**9, at * 10**9))
    return take(place)


@pytest.mark.parametrize(("first", "second"), [(A, B), (B, A)])
def test_without_an_extract_time_the_file_received_last_counts_whatever_its_bytes(
    place: Installation, first: bytes, second: bytes
) -> None:
    send(place, "u1.csv", first, 1)
    send(place, "u2.csv", second, 2)
    assert standing(place) == {"u1.csv": "superseded", "u2.csv": "loaded"}


def test_the_same_bytes_sent_again_count_as_sent_last(place: Installation) -> None:
    send(place, "u1.csv", A, 1)
    send(place, "u2.csv", B, 2)
    assert send(place, "u3.csv", A, 3) == {"u3.csv": "known"}
    assert standing(place) == {"u1.csv": "loaded", "u2.csv": "superseded"}
    assert send(place, "u2.csv", B, 4) == {"u2.csv": "known"}  # the same path, written anew
    assert standing(place) == {"u1.csv": "superseded", "u2.csv": "loaded"}


def test_a_renamed_file_is_not_sent_again(place: Installation) -> None:
    send(place, "u1.csv", A, 1)
    send(place, "u2.csv", B, 2)
    (place.source_root / "u1.csv").rename(place.source_root / "u9.csv")
    assert take(place) == {"u9.csv": "known"}
    assert standing(place) == {"u1.csv": "superseded", "u2.csv": "loaded"}


def test_a_small_file_sent_again_does_not_take_the_place_of_a_large_one_unasked(place: Installation) -> None:
    send(place, "u1.csv", rows_of(1), 1)
    send(place, "u2.csv", rows_of(*range(1, 10)), 2)
    assert send(place, "u3.csv", rows_of(1), 3) == {"u3.csv": "held"}
    assert standing(place) == {"u1.csv": "held", "u2.csv": "loaded"}
    assert take(place) == {}
    assert release(place, "u1.csv") == "loaded"
    assert standing(place) == {"u1.csv": "loaded", "u2.csv": "superseded"}


def test_a_retracted_file_sent_again_stays_retracted(place: Installation) -> None:
    send(place, "u1.csv", A, 1)
    retract(place, "u1.csv")
    assert send(place, "u2.csv", A, 2) == {"u2.csv": "known"}
    assert standing(place) == {"u1.csv": "retracted"}
    retract(place, "u1.csv", undo=True)
    assert standing(place) == {"u1.csv": "loaded"}


@pytest.mark.parametrize("delivery", [COVERED, "delivery: increment"])
def test_the_same_bytes_under_a_later_date_are_that_day_s_export(tmp_path: Path, delivery: str) -> None:
    """A, then B, then A again: rows without an update time are those of the last day, in whatever order the three come."""
    a, b = rows_of(1, 2).replace(b" 08:00:00", b""), rows_of(1, 2, day=2)
    undated = [text.replace("更新时间".encode(), "没有的列".encode()) for text in (a, b)]
    named = {"u20260601.csv": undated[0], "u20260602.csv": undated[1], "u20260603.csv": undated[0]}
    ends = []
    for number, order in enumerate(itertools.permutations(named)):
        place = make_place(tmp_path / str(number), delivery)
        for name in order:
            take(place, {name: named[name]})
        ends.append(version_of_each(place))
        assert take(place) == {}
    assert len(set(ends)) == 1
    assert {when for when, _ in ends[0]} == {dt.datetime(2026, 6, 3, 23, 59, 59)}
    assert {reported for _, reported in ends[0]} == {dt.datetime(2026, 6, 1, 7)}


def version_of_each(place: Installation) -> tuple[tuple[dt.datetime, dt.datetime], ...]:
    frame = pl.concat([pl.read_parquet(place.home.root / parse["landing_path"]) for parse in place.ledger.current_parses()])
    last = frame.sort("_version_at").unique("_event_id", keep="last").sort("_event_id")
    return tuple(last.select("_version_at", "reported_at").rows())


def test_an_empty_export_sent_again_later_is_not_read_anew_and_takes_nothing_s_place_unasked(tmp_path: Path) -> None:
    place, empty = make_place(tmp_path, COVERED), rows_of(1).partition(b"\n")[0] + b"\n"
    assert take(place, {"u20260601.csv": empty}) == {"u20260601.csv": "loaded"}
    assert take(place, {"u20260602.csv": empty}) == {"u20260602.csv": "known"}
    assert place.ledger.rows("select name, extracted_at from file") == [
        {"name": "u20260602.csv", "extracted_at": "2026-06-02 23:59:59"}
    ]
    take(place, {"u20260603.csv": rows_of(1, 2)})
    assert take(place, {"u20260604.csv": empty}) == {"u20260604.csv": "held"}
    assert standing(place) == {"u20260604.csv": "held", "u20260603.csv": "loaded"}


def test_a_small_export_under_a_later_date_asks_before_it_takes_a_place(tmp_path: Path) -> None:
    place, few = make_place(tmp_path, COVERED), rows_of(1)
    take(place, {"u20260601.csv": few})
    take(place, {"u20260602.csv": rows_of(*range(1, 10))})
    assert take(place, {"u20260603.csv": few}) == {"u20260603.csv": "held"}
    assert "u20260602.csv" in {name for name, status in standing(place).items() if status == "loaded"}
    assert take(place) == {}
    assert release(place, "u20260603.csv") == "loaded"
    assert standing(place) == {"u20260603.csv": "loaded", "u20260602.csv": "superseded"}


def test_the_same_bytes_for_something_else_move_nothing_and_are_told(tmp_path: Path) -> None:
    """A file counts once by its content: for a second month it is not loaded, the first keeps its rows, and somebody hears of it."""
    place = make_place(tmp_path, "delivery: snapshot\ncovers: {name: 'u\\d{4}(\\d\\d)'}")
    assert take(place, {"u20260501.csv": rows_of(1)}) == {"u20260501.csv": "loaded"}
    (place.source_root / "u20260601.csv").write_bytes(rows_of(1))
    (one,) = ingest.ingest_feed(place.city.feeds[0], place, now=NOW)
    assert one.verdict == "held"
    assert "same bytes as u20260501.csv, which covers 05; nothing was loaded for 06" in one.message
    is_sentence(one.message)
    assert standing(place) == {"u20260501.csv": "loaded"}
    assert take(place, {"u20260601.csv": rows_of(1) + b"\n"}) == {"u20260601.csv": "loaded"}
    assert standing(place) == {"u20260501.csv": "loaded", "u20260601.csv": "loaded"}


AREA_AND_DAY = "delivery: snapshot\ncovers: {name: 'u_(\\d{6})'}"


def shown_as(place: Installation) -> dict[str, tuple[str, str]]:
    """Bytes of each file: when they were extracted, and their status."""
    asked = "select sha256, extracted_at, status from file"
    return {row["sha256"]: (row["extracted_at"], row["status"]) for row in place.ledger.rows(asked)}


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2))))
def test_a_name_that_looks_like_an_identity_number_tells_its_day_and_stays_hidden(tmp_path: Path, order: tuple[int, ...]) -> None:
    """Area, date and serial in one: eighteen digits. What is read of them goes on counting where the name is hidden."""
    place = make_place(tmp_path, AREA_AND_DAY)
    path = place.city.folder / "feeds" / "urban.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("u(\\d{8})", "u_\\d{6}(\\d{8})"), encoding="utf-8")
    place = reopened(place)
    names = {day: f"u_3711022026060{day}0001.csv" for day in (1, 2, 3)}
    for day in order:
        assert take(place, {names[day]: rows_of(1, 2, day=day)}).popitem()[1] == "loaded"
    expected = {f"2026-06-0{day} 23:59:59": "loaded" if day == 2 else "superseded" for day in (1, 2)}
    assert dict(shown_as(place).values()) == expected
    assert {row["covers"] for row in place.ledger.rows("select covers from file")} == {"371102"}
    assert all(name[2:-4] not in "".join(standing(place)) for name in names.values())
    for name in (names[1], names[2]):  # what is read anew out of the vault has nothing but the hidden name
        (place.source_root / name).unlink()
    path.write_text(path.read_text(encoding="utf-8") + "delimiter: ','\n", encoding="utf-8")
    place = reopened(place)
    reparse.switch(place, list(reparse.read_anew(place, reparse.waiting(place), now=NOW)))
    assert reparse.waiting(place) == []
    assert dict(shown_as(place).values()) == expected
    assert take(place, {names[3]: rows_of(1, 2, day=1)}).popitem()[1] == "loaded"
    assert dict(shown_as(place).values())["2026-06-03 23:59:59"] == "loaded"


def reopened(place: Installation) -> Installation:
    return open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)


def test_known_bytes_under_a_name_that_tells_no_date_are_told_and_stop_nothing(tmp_path: Path) -> None:
    place = make_place(tmp_path, COVERED)
    take(place, {"u20260601.csv": A})
    for name in ("u20261301.csv", "u20260602.csv"):
        (place.source_root / name).write_bytes(A if "13" in name else B)
    told = {o.name: (o.verdict, o.message) for o in ingest.ingest_feed(place.city.feeds[0], place, now=NOW)}
    assert {name: verdict for name, (verdict, _) in told.items()} == {"u20261301.csv": "held", "u20260602.csv": "loaded"}
    assert "is no date" in told["u20261301.csv"][1]
    is_sentence(told["u20261301.csv"][1])
    assert standing(place) == {"u20260601.csv": "superseded", "u20260602.csv": "loaded"}
    assert take(place) == {}, "told once"


def test_a_month_that_is_none_holds_its_file(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    path = place.city.folder / "feeds" / "urban.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("u(\\d{8})", "u(\\d{6})"), encoding="utf-8")
    assert take(reopened(place), {"u202613.csv": A, "u202606.csv": B}) == {"u202613.csv": "held", "u202606.csv": "loaded"}
