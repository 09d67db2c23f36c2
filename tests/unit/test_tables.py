"""Sheets laid out for people: which are meant, where the header is, what is no data, numbers that run on."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import polars as pl
import pytest

from pipelines.cleaning import read_sheets
from pipelines.cleaning.read import Reading
from pipelines.core.errors import FileHeld
from pipelines.core.settings import ArchiveLimits

KNOWN = ("编号", "数量", "上报时间", "时间结案")
Page = list[list[object]]


def _book(pages: dict[str, Page], after: Callable[[openpyxl.Workbook], None] = lambda _: None) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in pages.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    after(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _read(data: bytes, *wanted: str, **limits: int) -> Reading:
    return read_sheets.read_xlsx(
        data, wanted=wanted, name="x.xlsx", limits=ArchiveLimits(**limits),
        knows=lambda row: sum(cell in KNOWN for cell in row),
    )  # fmt: skip


def _rows(reading: Reading) -> list[tuple[object, ...]]:
    frames = list(reading.batches)
    return pl.concat(frames).rows() if frames else []


JANUARY: Page = [["一月报表"], ["编号", "数量"], ["A1", 1], ["A2", 2], ["合计", 2]]
FEBRUARY: Page = [["编号", "数量"], ["A3", 3], [None, None], ["A4", 4]]
YEAR = {"一月": JANUARY, "二月": FEBRUARY, "说明": [["本表由某局填报"]], "空": []}


def test_sheets_are_read_one_after_the_other_and_numbers_run_on() -> None:
    reading = _read(_book(YEAR), "*月")
    assert (reading.header, reading.records, reading.nondata) == (["编号", "数量"], 7, [1, 4, 6])
    assert _rows(reading) == [(2, "A1", "1"), (3, "A2", "2"), (5, "A3", "3"), (7, "A4", "4")]
    assert (reading.sheets, reading.unread) == (4, ["说明"])


def test_without_a_word_the_first_is_read_and_the_others_with_data_are_told() -> None:
    reading = _read(_book(YEAR))
    assert ([row[0] for row in _rows(reading)], reading.unread) == ([2, 3], ["二月", "说明"])


def test_a_hidden_sheet_with_data_is_told_too() -> None:
    def hide(book: openpyxl.Workbook) -> None:
        book["二月"].sheet_state = "veryHidden"

    assert _read(_book({"一月": JANUARY, "二月": FEBRUARY}, hide)).unread == ["二月"]


def test_sheets_are_named_exactly_by_pattern_or_in_a_list() -> None:
    data = _book({"表10": FEBRUARY, "表1": JANUARY})
    assert [len(_rows(_read(data, *wanted))) for wanted in (("表10",), ("表1",), ("表1", "表10"), ("表1*",), ("表1?",))] == [
        2,
        2,
        4,
        4,
        2,
    ]
    with pytest.raises(FileHeld, match=r"no sheet is called '三月'; the file has 表10, 表1 -> mend sheet:"):
        _read(data, "三月")


def test_columns_in_another_order_are_put_in_order_and_other_columns_hold_the_file() -> None:
    swapped: Page = [["数量", "编号"], [9, "B1"]]
    assert _rows(_read(_book({"a": FEBRUARY, "b": swapped}), "*"))[-1] == (4, "B1", "9")
    with pytest.raises(FileHeld, match=r"x\.xlsx, b: its header is not that of the sheet before: 数量, \+上报时间"):
        _read(_book({"a": FEBRUARY, "b": [["编号", "上报时间"], ["B1", "x"]]}), "*")
    with pytest.raises(FileHeld, match=r"x\.xlsx, 说明: no header found"):
        _read(_book(YEAR), "*")


def test_a_chosen_sheet_that_is_empty_is_passed_over_and_a_header_alone_has_no_records() -> None:
    assert _read(_book(YEAR), "空", "二月").records == 3
    assert (_read(_book({"a": [["编号", "数量"]]})).records, _rows(_read(_book({"a": [["编号", "数量"]]})))) == (0, [])
    with pytest.raises(FileHeld, match="no header found"):
        _read(_book({"a": []}))


def test_a_total_is_that_of_its_own_sheet() -> None:
    with pytest.raises(FileHeld, match=r"x\.xlsx, 二月: the footer says 9 rows, the sheet has 1"):
        _read(_book({"一月": JANUARY, "二月": [["编号", "数量"], ["A", 1], ["合计", 9]]}), "*")


def test_a_two_storey_header_takes_the_lower_name_or_both() -> None:
    def merge(book: openpyxl.Workbook) -> None:
        for area in ("A1:D1", "A2:A3", "B2:C2"):
            book["a"].merge_cells(area)

    rows: Page = [["报表"], ["编号", "时间", None, "数量"], [None, "上报时间", "结案"], ["A1", "x", "y", 1]]
    reading = _read(_book({"a": rows}, merge))
    assert (reading.header, reading.records, reading.nondata) == (["编号", "上报时间", "时间结案", "数量"], 3, [1, 2])
    assert _rows(reading) == [(3, "A1", "x", "y", "1")]


def test_a_cell_merged_over_rows_of_data_speaks_for_each() -> None:
    def merge(book: openpyxl.Workbook) -> None:
        book["a"].merge_cells("B2:B4")

    rows: Page = [["编号", "数量"], ["A1", 7], ["A2", None], [None, None], ["A3", None]]
    assert _rows(_read(_book({"a": rows}, merge))) == [(1, "A1", "7"), (2, "A2", "7"), (4, "A3", "")]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"a,b\n", _book(YEAR)[:2000], _book(YEAR)[:-30]])
def test_a_damaged_workbook_is_held(data: bytes) -> None:
    with pytest.raises(FileHeld, match=r"x.xlsx: not readable as XLSX: .* -> ask the department to send the file again"):
        _read(data)


def test_a_workbook_beyond_the_limits_is_refused() -> None:
    with pytest.raises(FileHeld, match=r"more than 1000 -> .* raise CITYBRAIN_ARCHIVE_BYTES"):
        _read(_book(YEAR), unpacked_bytes=1000)


def test_one_stray_cell_in_the_last_corner_is_refused_before_it_fills_the_memory() -> None:
    def stray(book: openpyxl.Workbook) -> None:
        book["一月"]["XFD1048576"] = "x"

    with pytest.raises(
        FileHeld, match=r"x\.xlsx, 一月: the sheet reaches to row 1048576 and column 16384, more than 30000000 cells"
    ):
        _read(_book(YEAR, stray))
