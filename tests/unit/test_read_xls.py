"""Old workbooks: read by calamine, counted from their own records; the container may be cut anywhere."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.cleaning import biff, compound, read_sheets
from pipelines.cleaning.read import Reading
from pipelines.core.errors import FileHeld
from pipelines.core.settings import ArchiveLimits
from tests.unit import old_workbook as old

ROWS: list[list[old.Cell]] = [["一月报表"], ["编号", "数量"], ["A1", 1], [None, None], ["A2", 2.5], ["合计", 2]]


def _read(data: bytes, *wanted: str) -> Reading:
    knows = lambda row: sum(c in ("编号", "数量") for c in row)  # noqa: E731
    return read_sheets.read_xls(data, wanted=wanted, name="x.xls", knows=knows, limits=ArchiveLimits(cells=100_000))


def _rows(reading: Reading) -> list[tuple[object, ...]]:
    frames = list(reading.batches)
    return pl.concat(frames).rows() if frames else []


def test_an_old_workbook_is_read_as_a_new_one() -> None:
    reading = _read(old.xls_bytes({"一月": ROWS, "二月": [["编号", "数量"], ["B1", 12345678901]], "说明": [["x"]]}), "?月")
    assert (reading.header, reading.records, reading.nondata) == (["编号", "数量"], 6, [1, 3, 5])
    assert _rows(reading) == [(2, "A1", "1"), (4, "A2", "2.5"), (6, "B1", "12345678901")]
    assert (reading.sheets, reading.unread, reading.encoding) == (3, ["说明"], "xls")


@pytest.mark.parametrize("rows_n", [0, 1, 700])
def test_rows_are_counted_from_the_records(rows_n: int) -> None:
    rows: list[list[old.Cell]] = [["编号", "数量"], *([f"A{n}", n] for n in range(rows_n))]
    data = old.xls_bytes({"a": rows, "b": []})
    assert biff.extents(compound.streams(data)) == [(rows_n + 1, 2), (0, 0)]
    assert (_read(data).records, len(_rows(_read(data)))) == (rows_n, rows_n)


def test_a_cell_that_holds_an_empty_text_is_no_row_of_data() -> None:
    data = old.xls_bytes({"a": [["编号", "数量"], ["A", 1], ["", ""]]})
    assert (biff.extents(compound.streams(data)), _read(data).records) == ([(3, 2)], 1)


def test_merged_cells_are_seen() -> None:
    sheet = old.sheet_stream([["编号", "数量"], ["A", 7], ["B", None]], [(1, 1, 2, 1)])
    assert _rows(_read(old.compound({"Workbook": old.book_stream({"a": sheet})}))) == [(1, "A", "7"), (2, "B", "7")]


def test_a_row_that_one_reader_does_not_see_holds_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(biff, "extents", lambda parts: [(7, 2)])
    with pytest.raises(FileHeld, match="two readers disagree: 7 rows by one, 6 by the other"):
        _read(old.xls_bytes({"a": ROWS}))


WHOLE = old.xls_bytes({"a": [["编号", "数量"], *([f"A{n}", n] for n in range(300))]})


@pytest.mark.parametrize("keep", [0, 8, 300, 512, 600, 5000, len(WHOLE) // 2, len(WHOLE) - 1024, len(WHOLE) - 600])
def test_a_workbook_that_is_cut_off_is_held(keep: int) -> None:
    with pytest.raises(FileHeld, match=r"x\.xls: not readable as XLS: .* -> ask the department to send the file again"):
        _read(WHOLE[:keep])


def test_no_changed_byte_brings_it_down() -> None:
    for at in range(0, len(WHOLE), 97):
        data = WHOLE[:at] + bytes([WHOLE[at] ^ 0xFF]) + WHOLE[at + 1 :]
        try:
            reading = _read(data)
        except FileHeld:
            continue
        assert len(_rows(reading)) + len(reading.nondata) == reading.records


def test_what_is_no_workbook_or_locked_says_so() -> None:
    with pytest.raises(FileHeld, match="it holds no workbook"):
        _read(old.compound({"WordDocument": b"x"}))
    locked = old.book_stream({"a": old.sheet_stream(ROWS)}, extra=b"\x2f\x00\x06\x00" + b"\0" * 6)
    with pytest.raises(FileHeld, match="locked with a password, which is not read -> ask the department to save it as XLSX"):
        _read(old.compound({"Workbook": locked}))


def test_one_stray_cell_in_the_last_corner_is_refused_before_it_fills_the_memory() -> None:
    stray: list[list[old.Cell]] = [["编号", "数量"], *([None, None] for _ in range(59_999)), [None] * 255 + ["x"]]
    with pytest.raises(
        FileHeld, match="reaches to row 60001 and column 256, more than 100000 cells -> ask for it without the stray"
    ):
        _read(old.xls_bytes({"a": stray}))
