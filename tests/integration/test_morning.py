"""What a person decides about files, on real files in a home of its own: retracted, released."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from pipelines.cli import decide, examine, morning, show
from pipelines.core import decided, decisions, faults
from pipelines.core.errors import CityError, UsageError
from pipelines.core.installation import Installation, open_installation
from pipelines.core.named_files import named_file
from tests.integration.small_exports import (
    COVERED,
    NOW,
    WHOLE,
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
def test_a_kill_between_decision_and_ledger_is_mended_by_the_next_run(new_place: NewPlace, undo: bool) -> None:
    place = new_place()
    take(place, {"u20260601.csv": rows_of(1)})
    if undo:
        retract(place, "u20260601.csv")
    with faults.armed("after_decision:exception"), pytest.raises(faults.InjectedFault):
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


# --- a file that lost most of its rows --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delivery", "rows", "verdict"),
    [
        (COVERED, 4, "held"), (COVERED, 5, "loaded"), (WHOLE, 4, "held"), (WHOLE, 5, "loaded"),
        ("delivery: increment", 1, "loaded"), ("delivery: changes", 1, "loaded"), ("delivery: snapshot\ncovers: file", 1, "loaded"),
    ],
)  # fmt: skip
def test_a_file_that_is_the_whole_and_lost_more_than_half_is_held(
    new_place: NewPlace, delivery: str, rows: int, verdict: str
) -> None:
    place = new_place(delivery=delivery)
    take(place, {"u20260601.csv": rows_of(*range(10))})
    assert take(place, {"u20260602.csv": rows_of(*range(rows), day=2)}) == {"u20260602.csv": verdict}
    assert take(place) == {}
    if verdict == "held":
        assert standing(place) == {"u20260601.csv": "loaded", "u20260602.csv": "held"}
        held = named_file(place.ledger, "0602")
        assert "40.0 % of the 10 of u20260601.csv" in held.held_what
        assert "citybrain release" in held.held_remedy


def test_a_released_file_is_loaded_and_the_next_is_measured_by_it(new_place: NewPlace) -> None:
    place, straight = new_place(delivery=COVERED), new_place("straight", COVERED)
    take(place, {"u20260601.csv": rows_of(*range(10)), "u20260602.csv": rows_of(1, 2, 3, day=2)})
    (place.source_root / "u20260602.csv").unlink()
    assert release(place, "u20260602.csv") == "loaded"
    take(straight, {"u20260602.csv": rows_of(1, 2, 3, day=2)})
    assert [p["sha256"] for p in place.ledger.current_parses()] == [p["sha256"] for p in straight.ledger.current_parses()]
    assert standing(place) == {"u20260601.csv": "superseded", "u20260602.csv": "loaded"}
    assert take(place, {"u20260603.csv": rows_of(1, 2, day=3)}) == {"u20260603.csv": "loaded"}
    told = decisions.every(place.home)[0]
    assert decided.sentence(told) == "released: urban u20260602.csv (data desk, 2026-07-01 09:00: sent by mistake)"
    with pytest.raises(UsageError, match="is not held"):
        release(place, "u20260602.csv")


def test_a_late_older_file_is_not_measured_by_a_newer_one(new_place: NewPlace) -> None:
    place = new_place(delivery=COVERED)
    take(place, {"u20260602.csv": rows_of(*range(10), day=2)})
    assert take(place, {"u20260601.csv": rows_of(1)}) == {"u20260601.csv": "loaded"}
    assert standing(place) == {"u20260601.csv": "superseded", "u20260602.csv": "loaded"}


@pytest.mark.parametrize("keeps", [True, False])
def test_a_kill_after_the_decision_to_release_is_mended_by_the_next_run(new_place: NewPlace, keeps: bool) -> None:
    place = new_place(delivery=COVERED)
    if not keeps:
        place = without_bytes(place)
    take(place, {"u20260601.csv": rows_of(*range(10)), "u20260602.csv": rows_of(1, 2, 3, day=2)})
    with faults.armed("after_decision:exception"), pytest.raises(faults.InjectedFault):
        release(place, "u20260602.csv")
    assert standing(place)["u20260602.csv"] == "held"
    assert take(place) == {"u20260602.csv": "loaded"}
    assert take(place) == {}


def test_what_cannot_be_read_cannot_be_released(new_place: NewPlace) -> None:
    place = new_place()
    take(place, {"u20260601.csv": b"a,b\n1,2\n"})
    with pytest.raises(UsageError, match=r"no decision can load it: .*任务号"):
        release(place, "u20260601.csv")
    assert decisions.every(place.home) == []
    retract(place, "u20260601.csv")
    retract(place, "u20260601.csv", undo=True)
    assert standing(place) == {"u20260601.csv": "held"}


# --- the commands -------------------------------------------------------------------------------------------------------


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Exit code and what is said when somebody types a command for the home of a place."""
    app, out = typer.Typer(), io.StringIO()
    morning.attach(app)
    decide.attach(app)
    examine.attach(app)
    monkeypatch.setattr(show, "console", Console(file=out, highlight=False, soft_wrap=True))

    def type_command(place: Installation, *words: str) -> tuple[int, str]:
        out.seek(0)
        out.truncate()
        at = 2 if words[:2] in (("decide", "target"), ("decide", "code_mapping")) else 1
        done = CliRunner().invoke(app, [*words[:at], "--home", str(place.home.root), *words[at:]])
        if isinstance(done.exception, CityError):
            return done.exception.exit_code, str(done.exception)
        return done.exit_code, out.getvalue()

    return type_command


def test_the_morning_at_the_keyboard(new_place: NewPlace, typed: Callable[..., tuple[int, str]]) -> None:
    place = new_place(delivery=COVERED)
    take(place, {"u20260601.csv": rows_of(*range(10)), "u20260602.csv": rows_of(1, 2, 3, day=2)})
    signed = ("--by", "王工", "--reason", "报送部门已确认")
    code, said = typed(place, "status")
    assert (code, "citybrain release FILE" in said) == (1, True)
    code, said = typed(place, "release", "0602", *signed)
    assert (code, "released: urban u20260602.csv, 3 rows" in said) == (0, True)
    code, said = typed(place, "retract", "0602", *signed)
    assert (code, "counts again: u20260601.csv" in said) == (0, True)
    code, said = typed(place, "retract", "0603", *signed)
    assert (code, "FILE: no received file is called '0603'" in said) == (2, True)
    assert typed(place, "reparse")[0] == 0
    code, said = typed(place, "status")
    assert "retracted: urban u20260602.csv (王工, " in said
    assert "released: urban u20260602.csv (王工, " in said


def test_codes_and_targets_are_decided_listed_and_moved_to_the_city(
    new_place: NewPlace, typed: Callable[..., tuple[int, str]]
) -> None:
    place = new_place()
    take(place, {"u20260601.csv": rows_of(1)})
    fingerprint = built_of(place)[3]
    signed = ("--by", "王工", "--reason", "目录调整")
    mapped = ("decide", "code_mapping", "--set", "category", "--code", "X9", "--from", "2026-04-01", *signed)
    assert typed(place, *mapped, "--to", "3004")[0] == 0
    assert built_of(place)[3] != fingerprint  # a full build follows
    code, said = typed(place, *mapped, "--to", "30004")
    assert (code, "category has no code '30004'" in said) == (2, True)
    figure = ("decide", "target", "--metric", "M16", "--area", "990100", "--value", "96", *signed)
    assert typed(place, *figure, "--period", "month", "--from", "2026-01-01")[0] == 0
    assert typed(place, *figure, "--period", "month", "--from", "yesterday")[0] == 2
    assert len(decisions.every(place.home)) == 2
    code, said = typed(place, "decide", "--write", *signed)
    assert (code, "1 stays: category X9: no file takes it; add feeds/urban.yml" in said) == (0, True)
    binding, codes = place.city.folder / "feeds" / "urban.yml", place.city.folder / "codes"
    codes.mkdir()
    (codes / "class.csv").write_text("source_code,canonical_code,valid_from,valid_to\n", encoding="utf-8")
    binding.write_text(binding.read_text(encoding="utf-8") + "codes: {category: class.csv}\n", encoding="utf-8")
    assert typed(place, "decide", "--write")[0] == 2  # who, and why
    assert (codes / "class.csv").read_text(encoding="utf-8").count("\n") == 1
    assert typed(place, "decide", "--write", *signed)[0] == 0
    assert (codes / "class.csv").read_text(encoding="utf-8").endswith("\nX9,3004,2026-04-01,\n")
    code, said = typed(place, "decide", "--list")
    assert said.splitlines()[-1].startswith("1 code_mapping 2026-04-01 canonical_code=3004")
    assert "(moved to the city folder)" in said.splitlines()[-1]
    assert "nothing to move" in typed(place, "decide", "--write", *signed)[1]
