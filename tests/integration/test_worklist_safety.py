"""The work list towards the outside: nothing personal leaves the vault, nothing forged comes in; and at the keyboard."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import typer

from pipelines import ingest, replay
from pipelines.cli import examine, quarantine
from pipelines.core.errors import VaultError
from pipelines.core.installation import Installation, open_installation
from pipelines.defs.checks import validate_waiting
from pipelines.reports import worklist, worklist_xlsx
from pipelines.reports.worklist_codes import NOT_SHOWN, unknown_codes
from tests.integration.returned_rows import (
    BAD,
    GOOD,
    MENDED,
    NAME,
    PHONE,
    SIGNED,
    at_the_keyboard,
    bring_back,
    entries,
    everything_outside_the_vault,
    export_of,
    exported,
    funnel,
    mended,
    statuses,
    texts_of,
)  # fmt: skip
from tests.integration.small_exports import NOW, make_place, take

NewPlace = Callable[..., Installation]
IDENTITY = "411603" + "19900307" + "8515"  # in parts: no committed line holds a number that could be somebody's


@pytest.fixture
def new_place(tmp_path: Path) -> NewPlace:
    return lambda name="place", delivery="delivery: increment": make_place(tmp_path / name, delivery)


def test_no_personal_value_leaves_the_vault(new_place: NewPlace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Name and phone stand in rows that are refused, mended, refused again and accepted: they are found in the vault alone."""
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD), ("A3", BAD), ("A4", "1999-01-01 07:00"))})
    out = tmp_path / "out"
    quarantine.export(out, home=place.home.root)
    data = mended(place, out / "again.xlsx", "上报时间", {"A2": MENDED, "A3": "=CMD()"})
    (out / "back.xlsx").write_bytes(data)
    with pytest.raises(typer.Exit):
        quarantine.replay(out / "back.xlsx", "clerk", home=place.home.root)
    replay.accept(place, [next(e for e in entries(place) if e.record_no == 4).ticket], SIGNED)
    with pytest.raises(typer.Exit):
        quarantine.listed(home=place.home.root)
    said = everything_outside_the_vault(place, *out.iterdir()) + "".join(capsys.readouterr()).encode()
    assert b"A2" in said
    for canary in (NAME, PHONE):
        assert canary.encode() not in said
        assert canary.encode() not in b"".join(p.read_bytes() for p in place.home.vault.rglob("*") if p.is_file())


def needing_a_phone(place: Installation) -> Installation:
    """The place under a contract that asks for the reporter's phone: none that ships asks for a personal column."""
    (binding,) = place.city.feeds
    columns = tuple(replace(c, required=True) if c.name == "reporter_phone" else c for c in binding.contract.columns)
    asking = replace(binding, contract=replace(binding.contract, columns=columns))
    return replace(place, city=replace(place.city, feeds=(asking,)))


def test_a_personal_failing_cell_is_told_by_its_fault(new_place: NewPlace, tmp_path: Path) -> None:
    place = needing_a_phone(new_place())
    data = export_of(("A1", GOOD), ("A2", BAD), ("A3", GOOD)).decode()
    head, tail = data.rsplit(PHONE, 1)
    take(place, {"u20260601.csv": (head + tail).encode()})
    time, phone = entries(place)
    assert time.key == {"任务号": "A2"}
    assert [(cell.column, cell.text, cell.is_hidden) for cell in phone.cells] == [("reporter_phone", None, True)]
    out = tmp_path / "o.xlsx"
    back = mended(place, out, "上报人电话", {"A3": PHONE})
    said = everything_outside_the_vault(place, out)
    assert PHONE.encode() not in said
    assert bring_back(place, back) == {"2": "unchanged", "3": "accepted"}
    assert PHONE.encode() not in everything_outside_the_vault(place)


def test_a_formula_that_comes_back_is_refused_and_another_row_s_cells_too(new_place: NewPlace, tmp_path: Path) -> None:
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD), ("A3", BAD))})
    assert bring_back(place, mended(place, tmp_path / "o.xlsx", "上报时间", {"A2": "=CMD()"})) == {
        "2": "formula",
        "3": "unchanged",
    }
    book = exported(place, tmp_path / "o.xlsx")
    sheet = book[worklist_xlsx.ROWS]
    sheet["C2"], sheet["D2"] = "A9", MENDED
    out = io.BytesIO()
    book.save(out)
    assert bring_back(place, out.getvalue())["2"] == "other_row"
    assert funnel(place) == (3, 1, 2, 0, 0)


def test_without_kept_bytes_a_replay_says_so_and_changes_nothing(new_place: NewPlace, tmp_path: Path) -> None:
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD))})
    data = mended(place, tmp_path / "o.xlsx", "上报时间", {"A2": MENDED})
    for path in (place.home.vault / "raw").rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(VaultError):
        bring_back(place, data)
    assert (funnel(place), statuses(place)) == ((2, 1, 1, 0, 0), {2: "open"})


def test_the_list_can_be_asked_by_bureau_feed_and_rule(new_place: NewPlace) -> None:
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD), ("A3", "1999-01-01 07:00"))})
    assert [e.record_no for e in entries(place, rule="reported_at-window")] == [3]
    assert [e.record_no for e in entries(place, bureau="s", feed="urban")] == [2, 3]
    assert entries(place, bureau="x") == entries(place, feed="x") == []
    later = worklist.entries(place, now=NOW + dt.timedelta(days=30))[0]
    assert later.age_workdays > entries(place)[0].age_workdays
    assert later.due_on == entries(place)[0].due_on


def test_a_ledger_of_before_gets_its_columns(new_place: NewPlace) -> None:
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD))})
    for statement in ("alter table quarantine drop column event_id", "alter table quarantine drop column closed_by",
                      "drop table ticket_event", "drop table amendment", "pragma user_version = 0"):  # fmt: skip
        place.ledger._db.execute(statement)
    again = open_installation(city=place.city.folder, home=place.home.root, source_root=place.source_root)
    assert [e.record_no for e in entries(again)] == [2]
    assert ingest.ingest_feed(again.city.feeds[0], again, now=NOW) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_round_trip_at_the_keyboard(
    new_place: NewPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("CITYBRAIN_LANG", language)
    place = new_place()
    home = ("--home", str(place.home.root))
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD), ("A3", "1999-01-01 07:00"))})
    code, told = at_the_keyboard("list", *home)
    assert code == 1
    assert ("「上报时间」" in told) == (language == "zh")
    assert "s / urban / reported_at-window" in told
    code, told = at_the_keyboard("export", "--out", str(tmp_path / "out"), *home)
    assert (code, [p.name for p in (tmp_path / "out").iterdir()]) == (0, ["s-urban.xlsx"])
    (tmp_path / "back.xlsx").write_bytes(mended(place, tmp_path / "o.xlsx", "上报时间", {"A2": MENDED}))
    code, told = at_the_keyboard("replay", str(tmp_path / "back.xlsx"), "--by", "clerk", *home)
    assert (code, len(told.splitlines())) == (1, 4)  # two verdicts, the count, what comes next; the other row still waits
    (waiting,) = entries(place)
    code, told = at_the_keyboard("accept", waiting.ticket, "--by", "desk", "--reason", "an old case", *home)
    assert code == 0
    code, told = at_the_keyboard("rules", *home)
    assert "reported_at-window" in told
    code, told = at_the_keyboard("history", waiting.ticket, *home)
    assert [line.split()[1] for line in told.splitlines()] == ["opened", "accepted"]
    assert at_the_keyboard("list", *home)[0] == 0
    assert funnel(place) == (3, 3, 0, 0, 0)


@pytest.mark.parametrize("canary", [PHONE, NAME, IDENTITY, "豫PA1234", f"电话{PHONE}", "zhao@example.org"])
def test_a_personal_value_in_another_column_is_not_exported(new_place: NewPlace, tmp_path: Path, canary: str) -> None:
    """Columns were swapped: what fails as a time is a name or a number."""
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", canary))})
    assert [(cell.column, cell.text) for cell in entries(place)[0].cells] == [("reported_at", None)]
    out = tmp_path / "o.xlsx"
    data = mended(place, out, "上报时间", {"A2": MENDED})
    assert canary.encode() not in everything_outside_the_vault(place, out)
    assert bring_back(place, data) == {"2": "accepted"}


def test_a_personal_value_in_a_key_column_is_told_by_a_mark(new_place: NewPlace, tmp_path: Path) -> None:
    """Columns were swapped: the number of the case is somebody's. Its row is known by ticket, file, record and mark."""
    place = new_place()
    canaries = [PHONE, NAME, IDENTITY, IDENTITY[:6] + IDENTITY[8:-1], "豫PA1234", f"电话{PHONE}", "zhao@example.org"]
    number = "410102202606130001234"  # long, with a day in it: no telephone, nobody's
    take(place, {"u20260601.csv": export_of(("A1", GOOD), *((one, BAD) for one in (*canaries, number)))})
    keys = [entry.key["任务号"] for entry in entries(place)]
    assert [key[0] for key in keys] == ["●"] * len(canaries) + ["4"]
    assert (len(set(keys)), keys[-1]) == (len(canaries) + 1, number)
    out = tmp_path / "o.xlsx"
    data = mended(place, out, "上报时间", {keys[0]: MENDED})
    _, told = at_the_keyboard("list", "--home", str(place.home.root))
    assert keys[0] in told
    said = everything_outside_the_vault(place, out) + told.encode()
    assert not [one for one in canaries if one.encode() in said]
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert bring_back(place, data)["2"] == "accepted"
    book[worklist_xlsx.ROWS]["C3"], book[worklist_xlsx.ROWS]["D3"] = keys[0], MENDED  # pasted one row too low
    again = io.BytesIO()
    book.save(again)
    assert {bring_back(place, again.getvalue())[n] for n in "23"} == {"closed", "other_row"}


def test_a_personal_name_of_a_workbook_or_of_an_unknown_file_is_not_told(new_place: NewPlace, tmp_path: Path) -> None:
    place, named = new_place(), f"{NAME}{PHONE}"
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD)), f"{named}.csv": b"a,b"})
    (told,) = examine._unclaimed(place)
    assert "●" in told
    feed, rows = worklist_xlsx.read_back(mended(place, tmp_path / "o.xlsx", "上报时间", {"A2": MENDED}), name="x")
    replay.replay(place, feed, b"x", rows, by="clerk", name=f"{named}.xlsx", now=NOW)
    assert statuses(place) == {2: "mended"}
    said = told.encode() + everything_outside_the_vault(place)
    assert not [one for one in (NAME, PHONE) if one.encode() in said]


def test_a_personal_value_in_a_column_of_codes_is_not_exported(new_place: NewPlace, tmp_path: Path) -> None:
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD)).replace("盗窃".encode(), f"致电{PHONE}".encode())})
    assert [(c.column, c.text) for c in entries(place)[0].cells] == [("class_text", None), ("reported_at", BAD)]
    exported(place, tmp_path / "o.xlsx")
    assert PHONE.encode() not in texts_of(tmp_path / "o.xlsx") + str(entries(place)).encode()
    assert [one.code for one in unknown_codes(place)] == [NOT_SHOWN]


def test_great_expectations_counts_an_amended_file_as_the_judge_does(new_place: NewPlace, tmp_path: Path) -> None:
    """A mended row is good to both; an overruled rule still counts as broken to both."""
    place = new_place()
    take(place, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD), ("A3", "1999-01-01 07:00"))})
    bring_back(place, mended(place, tmp_path / "o.xlsx", "上报时间", {"A2": MENDED}))
    replay.accept(place, [entries(place)[0].ticket], SIGNED)
    validate_waiting(place)
    (parse,) = place.ledger.current_parses()
    told = "from {} where sha256 = ? and parser = ? and failed_n > 0 order by 1"
    of = parse["sha256"], parse["parser"]
    by_judge = place.ledger.rows(f"select rule_id, failed_n {told.format('rule_outcome')}", *of)
    assert by_judge == [{"rule_id": "reported_at-window", "failed_n": 1}]
    assert place.ledger.rows(f"select rule_id, failed_n {told.format('quality_outcome')}", *of) == by_judge
    assert place.ledger.rows("select count(*) as n from quality_outcome where is_error = 1") == [{"n": 0}]
