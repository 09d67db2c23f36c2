"""Two readers must agree; nothing a file holds may vanish."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning import decode, read, read_sheets
from pipelines.core.errors import FileHeld
from pipelines.core.settings import ArchiveLimits
from quality.recount import count_records


def _csv(data: bytes, declared: str = "") -> read.Reading:
    return read.read_csv(lambda: io.BytesIO(data), declared=declared, delimiter=",", name="x.csv")


def _rows(reading: read.Reading) -> list[tuple[object, ...]]:
    frames = list(reading.batches)
    return pl.concat(frames).rows() if frames else []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_reads_each_encoding_of_the_ladder(encoding: str) -> None:
    reading = _csv("编号,名称\r\n1,𠮷祥路\r\n".encode(encoding))
    assert reading.header == ["编号", "名称"]
    assert _rows(reading) == [(1, "1", "𠮷祥路")]


def test_a_declared_encoding_is_the_only_one_tried() -> None:
    taipei = "編號,發生地點\n1,臺北市中正區\n".encode("big5")
    assert _rows(_csv(taipei, "big5")) == [(1, "1", "臺北市中正區")]
    with pytest.raises(FileHeld, match="bytes that are not utf-8, first at byte"):
        _csv(taipei, "utf-8")


def test_says_at_which_byte_no_encoding_fits() -> None:
    good = "编号,名称\n".encode()
    with pytest.raises(FileHeld, match=f"first at byte {len(good) + 2}"):
        _csv(good + b"1," + b"\xff\xff\n")


@pytest.mark.parametrize("at", [1, 100, 2046, 2047, 3000])
@pytest.mark.parametrize("row", ["a,b,c\n", "a\n"])
def test_a_record_of_another_width_is_kept_apart_with_its_number(at: int, row: str) -> None:
    lines = [f"{i},v{i}\n" for i in range(1, 4001)]
    lines[at - 1] = row
    reading = _csv(("a,b\n" + "".join(lines)).encode())
    rows = _rows(reading)
    assert reading.records == 4000
    assert list(reading.ragged) == [at]
    assert [r[0] for r in rows] == [n for n in range(1, 4001) if n != at]
    assert all(r[1] == str(r[0]) for r in rows)


def test_blank_lines_are_counted_as_no_data() -> None:
    reading = _csv(b"a,b\n1,2\n\n3,4\n")
    assert (reading.records, reading.nondata, [r[0] for r in _rows(reading)]) == (3, [2], [1, 3])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("keep", [1, 2])
def test_utf_8_that_ends_inside_a_character_is_not_taken_for_another_encoding(encoding: str, keep: int) -> None:
    data = ("no,name\n1,汉字\n" * 50).encode(encoding)
    with pytest.raises(FileHeld, match="the file ends inside a character: it was cut off"):
        _csv(data + "字".encode()[:keep])
    assert _rows(_csv(data))[-1] == (99, "1", "汉字")
    assert _rows(_csv("no,name\n1,汉字".encode("gb18030"))) == [(1, "1", "汉字")]


@pytest.mark.parametrize("title", ["二〇二五年工单\n", "工单,,\n导出：某人\n\n", "\n\n工单\n"])
@pytest.mark.parametrize("body", ["1,a,b\n2,c,d\n", '1,"a\n",b\n2,c,d\n', "1,a,b\n9,x\n2,c,d\n", "1,a,b\n\n2,c,d\n", ""])
def test_titles_above_the_header_are_counted_as_no_data(tmp_path: Path, title: str, body: str) -> None:
    data = f"{title}编号,甲,乙\n{body}".encode()
    plain, reading = _csv(data[len(title.encode()) :]), _csv(data)
    above = title.lstrip("\n").count("\n")
    assert reading.header == plain.header == ["编号", "甲", "乙"]
    assert reading.records == plain.records + above
    assert reading.nondata == [*range(1, above + 1), *(n + above for n in plain.nondata)]
    assert {n - above: row for n, row in reading.ragged.items()} == plain.ragged
    assert [(int(str(n)) - above, *row) for n, *row in _rows(reading)] == _rows(plain)
    (tmp_path / "x.csv").write_bytes(data)
    assert count_records(tmp_path / "x.csv", {}) == reading.records


@pytest.mark.parametrize("text", ["备注\na,b\nc\nd\n", "备注\na,b\n", "编号\n1\n2\n", "a,b\n1,2\n", "甲,乙\nx\n1,2\n"])
def test_a_header_is_not_taken_for_a_title(text: str) -> None:
    assert _csv(text.encode()).header == text.split("\n", maxsplit=1)[0].split(",")


def test_an_empty_file_is_held() -> None:
    with pytest.raises(FileHeld, match="empty"):
        _csv(b"")


CELL = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=40), st.sampled_from(["\n", "\r\n"]))
def test_any_table_that_python_writes_comes_back_cell_by_cell(table: list[tuple[str, str, str]], end: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(["a", "b", "c"])
    writer.writerows(table)
    data = text.getvalue().encode()
    expected = list(csv.reader(io.StringIO(text.getvalue(), newline="")))[1:]
    reading = _csv(data, "utf-8")
    found = [tuple(cell or "" for cell in row[1:]) for row in _rows(reading)]
    assert found == [tuple(row) for row in expected if len(row) == 3]
    assert reading.records == len(expected)


def _is_open(data: str) -> bool:
    """Whether a quote is open at the end, letter by letter: it opens at the start of a cell, and two within are one."""
    is_open, is_start = False, True
    at = 0
    while at < len(data):
        if is_open and data.startswith('""', at):
            at += 1
        elif data[at] == '"' and (is_open or is_start):
            is_open = not is_open
        is_start = not is_open and data[at] in ",\n\r"
        at += 1
    return is_open


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["a,b\n", '"a,b\n', 'a",b\n', '"a""b",c\n', ",\n", "\n", "x\r\n", 'a,"b\nc"\n', "a,b,c\n"])))
def test_broken_quotes_lose_no_record(lines: list[str]) -> None:
    data = "h1,h2\n" + "".join(lines)
    if _is_open(data):
        with pytest.raises(FileHeld, match="is never closed"):
            _csv(data.encode(), "utf-8")
        return
    reading = _csv(data.encode(), "utf-8")
    kept = len(_rows(reading))
    assert kept + len(reading.ragged) + len(reading.nondata) == reading.records
    assert reading.records == len(list(csv.reader(io.StringIO(data, newline="")))) - 1


def _workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _xlsx(rows: list[list[object]]) -> read.Reading:
    data = _workbook(rows)
    return read_sheets.read_xlsx(
        data,
        wanted=(),
        name="x.xlsx",
        limits=ArchiveLimits(),
        knows=lambda row: sum(c in ("编号", "数量") for c in row),
    )


def test_a_workbook_with_title_blank_and_total_rows() -> None:
    reading = _xlsx([["二〇二二年报表"], ["编号", "数量"], ["A1", 2], [None, None], ["A2", 3.5], ["合计", 2]])
    assert reading.header == ["编号", "数量"]
    assert (reading.records, reading.nondata) == (5, [1, 3, 5])
    assert _rows(reading) == [(2, "A1", "2"), (4, "A2", "3.5")]


def test_a_total_that_does_not_fit_holds_the_file() -> None:
    with pytest.raises(FileHeld, match="footer says 9 rows, the sheet has 1"):
        _xlsx([["编号", "数量"], ["A1", 2], ["合计", 9]])


def test_a_sheet_without_a_known_header_is_held() -> None:
    with pytest.raises(FileHeld, match="no header"):
        _xlsx([["甲", "乙"], ["A1", 2]])


def test_first_bad_byte_is_found_across_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "PIECE", 3)
    data = "汉字汉字".encode() + b"\xff"
    assert decode.first_bad_byte(io.BytesIO(data), "utf-8") == 12
    assert decode.first_bad_byte(io.BytesIO(data[:-1]), "utf-8") is None
