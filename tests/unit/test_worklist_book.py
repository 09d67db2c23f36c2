"""The work list's workbook and words: what a clerk sees, what is never shown, and what of it is read back."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.bindings import load_city
from pipelines.core.errors import UsageError
from pipelines.core.settings import PROJECT_ROOT
from pipelines.reports import worklist, worklist_xlsx
from pipelines.reports.rule_words import Words
from pipelines.reports.worklist import Cell, Entry

HEADER_WITH_SIGN = "=上报时间"


def entry(ticket: str = "f-1", *cells: Cell, key: dict[str, str] | None = None) -> Entry:
    return Entry(
        ticket, "s", "f", "urban_case", "u.csv", "0" * 64, 2, ("reported_at-type",), (), key or {"任务号": "A2"},
        cells or (Cell("reported_at", "上报时间", "昨天"),), Words("错", "wrong"), dt.datetime(2026, 6, 1), 3,
        dt.date(2026, 6, 8), 0,
    )  # fmt: skip


def written(path: Path, *entries: Entry) -> Any:
    worklist_xlsx.write(entries, path)
    return openpyxl.load_workbook(path)


def back(book: Any) -> list[worklist_xlsx.Returned]:
    out = io.BytesIO()
    book.save(out)
    return worklist_xlsx.read_back(out.getvalue(), name="x.xlsx")[1]


def test_headers_are_the_bureau_s_and_failing_cells_are_marked(tmp_path: Path) -> None:
    sheet = written(tmp_path / "x.xlsx", entry())[worklist_xlsx.ROWS]
    told = {cell.value: sheet.cell(2, cell.column) for cell in sheet[1]}
    assert {"任务号", "上报时间"} <= set(told)
    assert told["上报时间"].fill.fgColor.rgb == told["上报时间"].fill.fgColor.rgb == "00FFE699"
    assert told["任务号"].fill.fgColor.rgb != "00FFE699"
    assert told[worklist_xlsx.WRONG].value == "错\nwrong"
    assert told[worklist_xlsx.DUE].value == "2026-06-08"


@given(text=st.text(min_size=1, max_size=20), key=st.sampled_from(["=CMD()", "+1", "-1", "@x", "\t=1", "A2", HEADER_WITH_SIGN]))
@settings(max_examples=40, deadline=None)
def test_no_cell_is_a_formula_and_what_is_untouched_comes_back_as_no_change(
    tmp_path_factory: pytest.TempPathFactory, text: str, key: str
) -> None:
    path = tmp_path_factory.mktemp("book") / "x.xlsx"
    cells = Cell("reported_at", "上报时间", text), Cell("grid_code", HEADER_WITH_SIGN, "=1+1")
    book = written(path, entry("f-1", *cells, key={"任务号": key}))
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    returned = back(book)
    assert [(row.ticket, row.cells, row.formula_in) for row in returned] == [("f-1", {}, ())]


def test_a_hidden_cell_is_told_by_its_fault_and_is_no_change_unless_it_was_written(tmp_path: Path) -> None:
    hidden = Cell("reporter_phone", "上报人电话", None, is_hidden=True)
    book = written(tmp_path / "x.xlsx", entry("f-1", hidden))
    sheet = book[worklist_xlsx.ROWS]
    column = [cell.value for cell in sheet[1]].index("上报人电话") + 1
    assert sheet.cell(2, column).value == worklist_xlsx.HIDDEN
    assert back(book)[0].cells == {}
    sheet.cell(2, column).value = 13912345678
    assert back(book)[0].cells == {"reporter_phone": "13912345678"}


def test_code_columns_have_a_list_of_the_known_codes(tmp_path: Path) -> None:
    code = Cell("category_code", "大类代码", "O1", known=("01", "02"), nearest="01")
    book = written(tmp_path / "x.xlsx", entry("f-1", code), entry("f-2"))
    (choice,) = book[worklist_xlsx.ROWS].data_validations.dataValidation
    assert choice.formula1 == f"'{worklist_xlsx.CODES}'!$A$2:$A$3"
    assert [cell.value for cell in book[worklist_xlsx.CODES]["A"]] == ["大类代码", "01", "02"]


def test_a_key_that_fails_stands_in_the_column_of_the_keys(tmp_path: Path) -> None:
    """One header once: marked where it fails and read back as mended, elsewhere what tells the row."""
    faulty = replace(entry("f-2", Cell("source_case_no", "任务号", "??"), Cell("reported_at", "上报时间", "昨天")), key={})
    book = written(tmp_path / "x.xlsx", entry(), faulty)
    sheet = book[worklist_xlsx.ROWS]
    headers = [cell.value for cell in sheet[1]]
    assert headers.count("任务号") == 1
    number = headers.index("任务号") + 1
    assert [sheet.cell(row, number).value for row in (2, 3)] == ["A2", "??"]
    assert [sheet.cell(row, number).fill.fgColor.rgb == "00FFE699" for row in (2, 3)] == [False, True]
    sheet.cell(3, number).value = "A3"
    assert [(row.cells, row.key) for row in back(book)] == [({}, {"任务号": "A2"}), ({"source_case_no": "A3"}, {})]


def test_a_message_calls_a_column_as_the_clerk_s_file_does_too() -> None:
    """And what stands there and cannot be read is not also told to be missing."""
    binding = load_city(PROJECT_ROOT / "data" / "cities" / "demo").feed("hotline_order")
    rules = ("registered_at-required", "registered_at-type")
    words = worklist.told(binding, rules, [Cell("registered_at", "来话时间", "昨天")])
    assert words.zh == "「来话时间」（登记时间）填了内容，就必须能读成时间：请写作 2026-03-01 08:30。"
    assert words.en.startswith('"来话时间" (registered at), where filled in, must be readable as a date and time')
    assert worklist.told(binding, rules, headers={"registered_at": "来话时间"}) == words  # a verdict has no cells
    assert "来话时间" not in worklist.told(binding, rules, [Cell("registered_at", "登记时间", "昨天")]).zh
    assert "不能为空" in worklist.told(binding, rules[:1], [Cell("registered_at", "来话时间", None)]).zh


def test_a_time_that_the_program_made_a_date_of_is_read_as_one(tmp_path: Path) -> None:
    book = written(tmp_path / "x.xlsx", entry())
    sheet = book[worklist_xlsx.ROWS]
    column = [cell.value for cell in sheet[1]].index("上报时间") + 1
    sheet.cell(2, column).value = dt.datetime(2026, 6, 1, 7, 30)
    assert back(book)[0].cells == {"reported_at": "2026-06-01 07:30:00"}


def test_a_workbook_that_is_not_ours_or_was_rearranged_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        worklist_xlsx.read_back(b"PK\x03\x04 no workbook", name="x.xlsx")
    book = written(tmp_path / "x.xlsx", entry())
    book[worklist_xlsx.ROWS].delete_cols(3)
    with pytest.raises(UsageError):
        back(book)


@pytest.mark.parametrize(
    ("opened", "due"),
    [("2026-06-01", "2026-06-08"), ("2026-09-29", "2026-10-12"), ("2026-06-06", "2026-06-12")],
)  # fmt: skip
def test_due_dates_skip_weekends_and_holidays(opened: str, due: str) -> None:
    assert worklist.due_on(dt.date.fromisoformat(opened)) == dt.date.fromisoformat(due)
    assert worklist.workdays_after(dt.date.fromisoformat(opened), dt.date.fromisoformat(due)) == 5


@pytest.mark.parametrize(("text", "nearest"), [("O1", "01"), ("０１２", "012"), ("街面秩序类", "街面秩序"), ("zzz", "")])
def test_the_nearest_known_code(text: str, nearest: str) -> None:
    assert worklist.nearest_code(text, ["01", "012", "街面秩序", "77"]) == nearest


PLACES = st.floats(0, 1, exclude_max=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("book") / "x.xlsx"
    written(path, entry())
    return path.read_bytes()


@given(changes=st.lists(st.tuples(PLACES, st.integers(0, 255)), min_size=1, max_size=5), end=st.none() | PLACES)
@settings(max_examples=60, deadline=None)
def test_a_damaged_workbook_is_refused_in_a_sentence_or_read(
    whole: bytes, changes: list[tuple[float, int]], end: float | None
) -> None:
    damaged = bytearray(whole)
    for place, byte in changes:
        damaged[int(place * len(whole))] = byte
    cut = bytes(damaged if end is None else damaged[: int(end * len(whole))])
    try:
        feed, rows = worklist_xlsx.read_back(cut, name="x.xlsx")
    except UsageError:
        return
    assert (feed, [row.ticket for row in rows]) == ("f", ["f-1"])


def test_a_map_that_somebody_changed_is_refused(tmp_path: Path) -> None:
    book = written(tmp_path / "x.xlsx", entry())
    for row in book[worklist_xlsx.MAP].iter_rows():
        if row[0].value == "cell":
            row[2].value = "soon"
    with pytest.raises(UsageError):
        back(book)
