"""Stored files read anew by another binding: what would change, the switch of all at once, what stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import ingest, reparse
from pipelines.cli import examine
from pipelines.core.installation import Installation, open_installation
from pipelines.core.named_files import named_file
from tests.integration.small_exports import (
    NOW,
    built_of,
    make_place,
    release,
    retract,
    rows_of,
    standing,
    take,
    without_bytes,
)  # fmt: skip

NewPlace = Callable[..., Installation]


@pytest.fixture
def new_place(tmp_path: Path) -> NewPlace:
    return lambda name="place", delivery="delivery: increment": make_place(tmp_path / name, delivery)


def rebound(place: Installation, old: str, new: str) -> Installation:
    """The same home after somebody changed the binding."""
    path = place.city.folder / "feeds" / "urban.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)


def waits(place: Installation) -> list[str]:
    """What `status` says of the feed."""
    return examine._feed_waits(place, place.city.feeds[0])


def read_anew(place: Installation, *, switch: bool = True) -> dict[str, str]:
    """Reparse what waits; per file what was accepted before and now, or that it was left."""
    read = list(reparse.read_anew(place, reparse.waiting(place), now=NOW))
    (reparse.switch if switch else reparse.discard)(place, read)
    told = {}
    for one in read:
        now = one.parsed.parse.accepted_n if one.parsed and not one.refused else "left"
        told[one.file.name] = f"{one.before['accepted_n'] if one.before else '-'} -> {now}"
    return told


def test_files_are_read_anew_at_once_also_those_that_left_the_drop_folder(new_place: NewPlace) -> None:
    place = new_place()
    bad = rows_of(1, 2, 3).replace(b"2026-06-01 07:00:00,990101", "昨天,990101".encode(), 1)
    take(place, {"u20260601.csv": bad, "u20260602.csv": rows_of(4), "u20260603.csv": rows_of(5)})
    for path in place.source_root.iterdir():
        path.unlink()
    retract(place, "u20260603.csv")
    assert reparse.waiting(place) == []
    place = rebound(place, "format: csv", "format: csv\ncolumns: {reported_at: 备用时间}")
    before, landed = built_of(place), sorted(place.home.landing.rglob("*"))
    assert read_anew(place, switch=False) == {"u20260601.csv": "2 -> 1", "u20260602.csv": "1 -> 1"}
    assert (built_of(place), sorted(place.home.landing.rglob("*"))) == (before, landed)
    assert list((place.home.vault / "tmp").rglob("*.parquet"))  # what ingest left for the checks is untouched
    changed = {one.file.name: one.rules_changed for one in reparse.read_anew(place, reparse.waiting(place), now=NOW)}
    assert changed["u20260601.csv"] == {"reported_at-required": (1, 2), "reported_at-type": (1, 0)}
    assert changed["u20260602.csv"] == {}
    read_anew(place)
    parser = ingest.parser_id(place.city.feeds[0])
    assert {p["parser"] for p in place.ledger.current_parses()} == {parser}
    assert reparse.waiting(place) == []
    assert standing(place)["u20260603.csv"] == "retracted"
    tickets = place.ledger.rows("select record_no, parser from quarantine where status = 'open' order by 1")
    assert tickets == [{"record_no": 2, "parser": parser}, {"record_no": 3, "parser": parser}]


def test_a_build_after_a_reparse_is_made_of_what_a_home_that_had_today_s_rules_from_the_start_has(new_place: NewPlace) -> None:
    files = {
        "u20260601.csv": rows_of(1, 2, 3).replace(b"2026-06-01 07:00:00,990101", "昨天,990101".encode(), 1),
        "u20260602.csv": rows_of(2, day=2), "u20260603.csv": rows_of(3, 4, day=3),
    }  # fmt: skip
    change = "format: csv", "format: csv\ncolumns: {reported_at: 备用时间}"
    place, fresh = new_place(), rebound(new_place("fresh"), *change)
    take(place, files)
    take(fresh, files)
    place = rebound(place, *change)
    assert built_of(place) != built_of(fresh)
    read_anew(place)
    assert built_of(place) == built_of(fresh)


def test_a_kill_before_the_switch_leaves_everything_as_it_was(new_place: NewPlace) -> None:
    place = new_place()
    take(place, {"u20260601.csv": rows_of(1), "u20260602.csv": rows_of(2)})
    place = rebound(place, "format: csv", "format: csv\ndelimiter: ','")
    before = built_of(place)
    list(reparse.read_anew(place, reparse.waiting(place), now=NOW))
    assert built_of(place) == before
    assert read_anew(place) == {"u20260601.csv": "1 -> 1", "u20260602.csv": "1 -> 1"}


@pytest.mark.parametrize("by_run", [False, True])
@pytest.mark.parametrize("change", ["columns: {source_case_no: 编号}", "columns: {reported_at: 备用时间}"])
def test_a_reading_that_would_be_held_leaves_what_was_loaded(new_place: NewPlace, change: str, by_run: bool) -> None:
    """By another binding the header lacks a column, or two of three rows lack their time: the old reading stays."""
    place = new_place()
    take(place, {"u20260601.csv": rows_of(1, 2, 3)})
    loaded = place.ledger.current_parses()
    place = rebound(place, "format: csv", f"format: csv\n{change}")
    told = take(place) if by_run else read_anew(place)
    assert told == {"u20260601.csv": "held" if by_run else "3 -> left"}
    assert place.ledger.current_parses() == loaded
    assert standing(place) == {"u20260601.csv": "loaded"}
    assert named_file(place.ledger, "0601").held_what
    assert take(place) == {}  # told once, not in every run
    assert reparse.waiting(place) == []
    assert len(waits(place)) == 1
    assert waits(rebound(place, f"format: csv\n{change}", "format: csv")) == []  # the binding is mended: nothing waits
    place = rebound(place, "format: csv", f"format: csv\n{change}")
    if "备用" in change:
        assert release(place, "u20260601.csv") == "loaded"
        assert place.ledger.current_parses()[0]["accepted_n"] == 1
        assert named_file(place.ledger, "0601").held_what == ""


@pytest.mark.parametrize("by_run", [False, True])
def test_a_change_of_the_binding_that_is_taken_back_is_taken_back_in_the_data(new_place: NewPlace, by_run: bool) -> None:
    place = new_place()
    take(place, {"u20260601.csv": rows_of(1, 2).replace(b"2026-06-01 07:00:00,990101", "昨天,990101".encode(), 1)})
    first = place.ledger.current_parses()
    changed = ("format: csv", "format: csv\ncolumns: {reported_at: 备用时间}")
    place = rebound(place, *changed)
    take(place)
    assert place.ledger.current_parses()[0]["parser"] != first[0]["parser"]
    place = rebound(place, *reversed(changed))
    if by_run:
        assert take(place) == {"u20260601.csv": "loaded"}
    else:
        read_anew(place)
    assert place.ledger.current_parses() == first
    assert take(place) == {}
    tickets = place.ledger.rows("select record_no, parser from quarantine where status = 'open'")
    assert tickets == [{"record_no": 1, "parser": first[0]["parser"]}]


def test_without_kept_bytes_a_file_cannot_be_read_anew_and_it_is_said(new_place: NewPlace) -> None:
    place = without_bytes(new_place())
    take(place, {"u20260601.csv": rows_of(1)})
    place = rebound(place, "format: csv", "format: csv\ndelimiter: ','")
    read = list(reparse.read_anew(place, reparse.waiting(place), now=NOW))
    assert [str(one.refused) for one in read] == [
        "urban: u20260601.csv: the bytes as received are not kept -> lay the file into the drop folder and run citybrain run"
    ]
    reparse.switch(place, read)
    assert standing(place) == {"u20260601.csv": "loaded"}
    assert take(place) == {"u20260601.csv": "loaded"}  # from the drop folder, where it still lies


def test_what_a_switch_superseded_does_not_come_back_because_it_cannot_be_read(new_place: NewPlace) -> None:
    """The newer file was held, the binding is mended for it, and by that the older one cannot be read any more."""
    place = new_place(delivery="delivery: snapshot\ncovers: feed")
    take(place, {"u20260601.csv": rows_of(1, 2)})
    newer = rows_of(1, 2, 3, day=2).replace("任务号".encode(), "编号".encode())
    assert take(place, {"u20260602.csv": newer})["u20260602.csv"] == "held"
    place = rebound(place, "format: csv", "format: csv\ncolumns: {source_case_no: 编号}")
    read_anew(place)
    assert standing(place) == {"u20260601.csv": "superseded", "u20260602.csv": "loaded"}
    assert [parse["name"] for parse in place.ledger.current_parses()] == ["u20260602.csv"]
