"""The clerk's desk: her own feeds alone, one writer at a time, and a sentence where the vault stays closed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dashboards.boards import returned_acts
from dashboards.kit.access import Reader
from dashboards.kit.words import LANGUAGES, Words
from pipelines import desk
from pipelines.core.errors import CityError, ConfigurationError, FileHeld, StorageFailed, UsageError
from pipelines.core.installation import Installation
from pipelines.core.settings import pick, speaking
from pipelines.core.warehouse import writer_lock
from tests.integration.returned_rows import BAD, GOOD, MENDED, export_of, mended
from tests.integration.small_exports import NOW, make_place, take

URBAN, OTHER = desk.Scope(feeds=("urban",)), desk.Scope(feeds=("petition",))


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    made = make_place(tmp_path / "place")
    take(made, {"u20260601.csv": export_of(("A1", GOOD), ("A2", BAD), ("A3", "1999-01-01 07:00"))})
    return made


def test_a_scope_holds_feeds_and_bureaus(place: Installation) -> None:
    (binding,) = place.city.feeds
    held = {scope: scope.holds(binding) for scope in (URBAN, OTHER, desk.EVERYTHING, desk.Scope(bureaus=("s",)), desk.Scope())}
    assert list(held.values()) == [True, False, True, True, False]
    assert [scope.is_empty for scope in held] == [False, False, False, False, True]
    assert [(one.feed, n) for one, n in desk.waiting(place, URBAN)] == [("urban", 2)]
    assert desk.waiting(place, OTHER) == []
    assert [row.record_no for row in desk.entries(place, URBAN, now=NOW)] == [2, 3]
    assert desk.entries(place, OTHER, now=NOW) == []


@pytest.mark.parametrize(
    ("reader", "scope"),
    [
        (Reader(), desk.EVERYTHING),
        (Reader(role="engineer"), desk.EVERYTHING),
        (Reader(role="clerk"), desk.Scope()),
        (Reader(role="clerk", areas=("1",)), desk.Scope()),  # a row that was set aside lies in no area yet
        (Reader(role="engineer", areas=("1",)), desk.Scope()),
        (Reader(role="clerk", feeds=("urban",), departments=("s",)), desk.Scope(("urban",), ("s",))),
    ],
)
def test_a_reader_has_the_rows_of_their_scope(reader: Reader, scope: desk.Scope) -> None:
    assert returned_acts.scope_of(reader) == scope


def test_nothing_is_seen_taken_or_accepted_outside_the_scope(place: Installation, tmp_path: Path) -> None:
    data = mended(place, tmp_path / "out.xlsx", "上报时间", {"A2": MENDED})
    row = desk.entries(place, now=NOW)[1]
    with pytest.raises(UsageError, match="scope"):
        desk.entries(place, OTHER, now=NOW, feed="urban")
    with pytest.raises(UsageError, match="scope"):
        desk.bring_back(place, OTHER, data, by="clerk", name="x.xlsx", now=NOW)
    with pytest.raises(UsageError, match="scope"):
        desk.accept(place, OTHER, [row.ticket], by="clerk", reason="seen", now=NOW)
    assert [n for _, n in desk.waiting(place, URBAN)] == [2]
    assert not list((place.home.vault / "uploads").rglob("*.xlsx"))


def test_the_board_and_the_command_make_the_same_workbook_and_take_it_back(place: Installation, tmp_path: Path) -> None:
    data = mended(place, tmp_path / "out.xlsx", "上报时间", {"A2": MENDED})
    again = openpyxl.load_workbook(io.BytesIO(desk.workbook(desk.entries(place, now=NOW))))
    first = openpyxl.load_workbook(tmp_path / "out.xlsx")
    cells = [[[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in (*first.worksheets, *again.worksheets)]
    assert cells[:3] == cells[3:]
    brought = desk.bring_back(place, URBAN, data, by="clerk", name="回 13912345678.xlsx", now=NOW)
    assert [(verdict.outcome, still is None) for verdict, still in brought.verdicts] == [("accepted", True), ("unchanged", True)]
    assert brought.taken_n == 1
    desk.accept(place, URBAN, [desk.entries(place, now=NOW)[0].ticket], by="clerk", reason="seen", now=NOW)
    assert [n for _, n in desk.waiting(place, URBAN)] == [0]
    assert b"13912345678" not in (place.home.state / "state.db").read_bytes()  # the workbook's name stands in the decision


def test_a_refusal_calls_a_column_as_the_clerk_s_file_does(tmp_path: Path) -> None:
    """In the words of the workbook that went out, also for a column that the binding renames."""
    place = make_place(tmp_path / "place", "delivery: increment\ncolumns: {reported_at: 来件时间}")
    data = export_of(("A1", GOOD), ("A2", BAD)).decode().replace("上报时间", "来件时间")
    take(place, {"u20260601.csv": data.encode()})
    back = mended(place, tmp_path / "out.xlsx", "来件时间", {"A2": "前天"})
    (went_out,) = desk.entries(place, now=NOW)
    ((verdict, still),) = desk.bring_back(place, URBAN, back, by="clerk", name="x.xlsx", now=NOW).verdicts
    assert (verdict.outcome, still) == ("refused", went_out.words)
    assert went_out.words.zh.startswith("「来件时间」（上报时间）填了内容，就必须能读成时间")
    assert went_out.words.en.startswith('"来件时间" (reported at), where filled in, must be readable')


def test_another_writer_is_told_and_nothing_changes(place: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = mended(place, tmp_path / "out.xlsx", "上报时间", {"A2": MENDED})
    asked: dict[str, Any] = {"by": "clerk", "name": "x.xlsx", "now": NOW, "wait_seconds": 0.2}
    with writer_lock(place.home.warehouse), monkeypatch.context() as patch:
        patch.setattr("pipelines.core.warehouse._HELD", set())  # as another process sees it
        with pytest.raises(desk.DeskBusy):
            desk.bring_back(place, URBAN, data, **asked)
    with desk._ONE_AT_A_TIME, pytest.raises(desk.DeskBusy):  # another reader of the same process
        desk.bring_back(place, URBAN, data, **asked)
    assert [n for _, n in desk.waiting(place, URBAN)] == [2]
    assert desk.bring_back(place, URBAN, data, **asked).taken_n == 1


@pytest.mark.parametrize("wrong", [None, "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", "c2hvcnQ="])
def test_a_vault_without_its_key_is_told(place: Installation, wrong: str | None) -> None:
    place.ledger.close()
    (key,) = place.home.keys.glob("*.key")
    key.write_text(wrong, encoding="ascii") if wrong else key.unlink()
    with pytest.raises(desk.DeskLocked), desk.opened(place.home.root):
        pass
    assert wrong or not key.exists()  # no new key is made where the old one locks something


def test_every_problem_is_one_sentence_in_the_readers_language() -> None:
    with speaking("zh"):
        told = UsageError(pick("is no workbook", "不是 XLSX 文件"), where="x")
    problems = [
        desk.DeskBusy("x"),
        desk.DeskLocked("x"),
        StorageFailed("x"),
        FileHeld("x"),
        ConfigurationError("x"),
        CityError("x"),
        told,
    ]
    said = {language: [returned_acts.problem(Words(language), error) for error in problems] for language in LANGUAGES}
    assert [text.endswith("。") for text in said["zh"]] == [True] * len(problems)
    assert len(set(said["zh"][:4])) == 4
    assert "不是 XLSX 文件" in said["zh"][-1]
    assert not any("x" in text.split() for text in said["zh"])  # what only English says is in the log
    assert pick("en", "zh") == "en"
