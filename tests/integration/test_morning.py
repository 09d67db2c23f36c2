"""What a person decides about files, on real files in a home of its own: retracted and given back."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import ingest
from pipelines.building.inputs import read_inputs
from pipelines.core import decided, decisions, faults
from pipelines.core.errors import UsageError
from pipelines.core.installation import Installation, open_installation
from pipelines.core.named_files import named_file

NOW = dt.datetime(2026, 7, 1, 9)
SIGNED = decided.Signed("data desk", "sent by mistake", NOW)
HEADER = ["任务号", "上报时间", "单元网格编码", "更新时间"]
COVERED = "delivery: snapshot\ncovers: feed"

NewPlace = Callable[..., Installation]


def rows_of(*numbers: int, day: int = 1) -> bytes:
    """An export with one case per number."""
    out = io.StringIO()
    told = [[f"A{n}", f"2026-06-0{day} 07:00:00", "990101", f"2026-06-0{day} 08:00:00"] for n in numbers]
    csv.writer(out).writerows([HEADER, *told])
    return out.getvalue().encode()


@pytest.fixture
def new_place(tmp_path: Path) -> NewPlace:
    def make(name: str = "place", delivery: str = "delivery: increment") -> Installation:
        base = tmp_path / name
        (base / "source").mkdir(parents=True)
        (base / "city" / "feeds").mkdir(parents=True)
        (base / "city" / "city.yml").write_text("name: t\nzone: Asia/Shanghai\nroot_area: '99'\n", encoding="utf-8")
        (base / "city" / "feeds" / "urban.yml").write_text(
            "contract: urban_case\nsystem: s\nsource: {type: drop, pattern: 'u*', settle_seconds: 0}\nformat: csv\n"
            f"{delivery}\nextracted_at: {{name: 'u(\\d{{8}})'}}\n", encoding="utf-8",
        )  # fmt: skip
        return open_installation(city=base / "city", home=base / "home", source_root=base / "source")

    return make


def take(place: Installation, files: dict[str, bytes] | None = None) -> dict[str, str]:
    """Drop files and ingest; the verdict on each."""
    for name, data in (files or {}).items():
        (place.source_root / name).write_bytes(data)
    return {o.name: o.verdict for o in ingest.ingest_feed(place.city.feeds[0], place, now=NOW)}


def standing(place: Installation) -> dict[str, str]:
    """The status of every file by name."""
    return {row["name"]: row["status"] for row in place.ledger.rows("select name, status from file")}


def built_of(place: Installation) -> tuple[Any, ...]:
    """What a build would be made of, but for the history of arrivals."""
    inputs = read_inputs(place.home, place.city, place.ledger, None)
    volatile = ("loaded_at", "landing_path")
    parses = [{k: v for k, v in parse.items() if k not in volatile} for parse in inputs.parses]
    return parses, inputs.as_of, inputs.feed_as_of, inputs.fingerprint, inputs.rule_outcomes


def retract(place: Installation, name: str, *, undo: bool = False) -> None:
    decided.retract(place.home, place.ledger, named_file(place.ledger, name), SIGNED, undo=undo)


@pytest.mark.parametrize("delivery", ["delivery: increment", COVERED])
def test_a_build_after_a_retraction_is_made_of_what_a_home_that_never_got_the_file_has(
    new_place: NewPlace, delivery: str
) -> None:
    files = {"u20260601.csv": rows_of(1, 2), "u20260602.csv": rows_of(2, 3, day=2)}
    place, never = new_place("got", delivery), new_place("never", delivery)
    take(never, {"u20260601.csv": files["u20260601.csv"]})
    take(place, files)
    before = built_of(place)
    assert before != built_of(never)
    retract(place, "u20260602.csv")
    # The cities lie in two folders, but say the same: so do their fingerprints.
    assert built_of(place) == built_of(never)
    assert take(place) == {}  # it still lies in the drop folder
    assert built_of(place) == built_of(never)
    retract(place, "u20260602.csv", undo=True)
    assert built_of(place) == before


def test_what_covers_the_same_counts_again_and_is_replaced_again(new_place: NewPlace) -> None:
    place = new_place(delivery=COVERED)
    take(place, {"u20260601.csv": rows_of(1), "u20260602.csv": rows_of(1, 2), "u20260603.csv": rows_of(1, 2, 3)})
    assert standing(place) == {"u20260601.csv": "superseded", "u20260602.csv": "superseded", "u20260603.csv": "loaded"}
    retract(place, "u20260602.csv")
    assert standing(place)["u20260603.csv"] == "loaded"
    retract(place, "u20260603.csv")
    assert standing(place) == {"u20260601.csv": "loaded", "u20260602.csv": "retracted", "u20260603.csv": "retracted"}
    retract(place, "u20260602.csv", undo=True)
    assert standing(place) == {"u20260601.csv": "superseded", "u20260602.csv": "loaded", "u20260603.csv": "retracted"}


def test_tickets_of_a_retracted_file_ask_nothing_of_anybody(new_place: NewPlace) -> None:
    place = new_place()
    take(place, {"u20260601.csv": rows_of(1, 2).replace(b"2026-06-01 07:00:00", "昨天".encode(), 1)})
    tickets = "select status from quarantine"
    assert place.ledger.rows(tickets) == [{"status": "open"}]
    retract(place, "u20260601.csv")
    assert place.ledger.rows(tickets) == [{"status": "retracted"}]
    retract(place, "u20260601.csv", undo=True)
    assert place.ledger.rows(tickets) == [{"status": "open"}]


@pytest.mark.parametrize("undo", [False, True])
def test_a_kill_between_decision_and_ledger_is_mended_by_the_next_run(
    new_place: NewPlace, monkeypatch: pytest.MonkeyPatch, undo: bool
) -> None:
    place = new_place()
    take(place, {"u20260601.csv": rows_of(1)})
    if undo:
        retract(place, "u20260601.csv")
    with monkeypatch.context() as patch, pytest.raises(faults.InjectedFault):
        patch.setattr(faults, "_seen", Counter())
        patch.setenv("CITYBRAIN_FAULT", "after_decision:exception")
        retract(place, "u20260601.csv", undo=undo)
    assert standing(place) == {"u20260601.csv": "retracted" if undo else "loaded"}
    take(place)
    assert standing(place) == {"u20260601.csv": "loaded" if undo else "retracted"}
    take(place)
    assert standing(place) == {"u20260601.csv": "loaded" if undo else "retracted"}


def test_a_ledger_that_was_lost_follows_the_decisions_once_it_is_filled_again(new_place: NewPlace) -> None:
    place = new_place()
    take(place, {"u20260601.csv": rows_of(1), "u20260602.csv": rows_of(2)})
    retract(place, "u20260602.csv")
    place.ledger.close()
    for path in place.home.state.glob("ledger.db*"):
        path.unlink()
    again = open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)
    take(again)
    assert decided.settle(again.home, again.ledger) == 1  # as a build does before it reads the ledger
    assert standing(again) == {"u20260601.csv": "loaded", "u20260602.csv": "retracted"}


def test_who_and_why_are_kept_and_asked_for(new_place: NewPlace) -> None:
    place = new_place()
    take(place, {"u20260601.csv": rows_of(1)})
    file = named_file(place.ledger, "u20260601.csv")
    with pytest.raises(UsageError, match="a reason and a name"):
        decided.retract(place.home, place.ledger, file, decided.Signed("me", " ", NOW))
    assert standing(place) == {"u20260601.csv": "loaded"}
    with pytest.raises(UsageError, match="is not retracted"):
        retract(place, "u20260601.csv", undo=True)
    retract(place, "u20260601.csv")
    with pytest.raises(UsageError, match="is retracted already"):
        retract(place, "u20260601.csv")
    told = decisions.every(place.home)
    assert [(d["kind"], d["subject"], d["reason"], d["decided_by"], d["decided_at"]) for d in told] == [
        ("retract", f"urban/{file.sha256}", "sent by mistake", "data desk", NOW.isoformat())
    ]


def test_a_file_is_meant_by_its_name_a_part_of_it_or_its_hash(new_place: NewPlace) -> None:
    place = new_place()
    take(place, {"u20260601.csv": rows_of(1), "u20260602.csv": rows_of(2)})
    (place.source_root / "u20260602.csv").unlink()
    take(place, {"u20260602.csv": rows_of(2, 3)})  # another content under the same name
    first = named_file(place.ledger, "u20260601.csv")
    assert named_file(place.ledger, "0601") == first
    assert named_file(place.ledger, first.sha256[:8].upper()) == first
    with pytest.raises(UsageError, match=r"means 2 files: urban u20260602.csv [0-9a-f]{12}"):
        named_file(place.ledger, "u20260602.csv")
    with pytest.raises(UsageError, match=r"no received file is called 'u20260611.csv' -> did you mean 'u20260601.csv'"):
        named_file(place.ledger, "u20260611.csv")
    with pytest.raises(UsageError):
        named_file(place.ledger, "")
    with pytest.raises(UsageError):
        named_file(place.ledger, "0601", feed="police")
