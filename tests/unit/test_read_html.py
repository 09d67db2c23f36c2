"""A web page saved as a workbook: read as what it is, laid out as a browser would, nothing lost."""

from __future__ import annotations

import html
import io

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning import formats, read_html
from pipelines.cleaning.read import Reading
from pipelines.core.errors import FileHeld

KNOWN = ("编号", "数量", "上报时间", "时间结案")


def _read(page: str | bytes, *wanted: str, declared: str = "") -> Reading:
    data = page if isinstance(page, bytes) else page.encode()
    return read_html.read_html(
        lambda: io.BytesIO(data), declared=declared, wanted=wanted, name="x.xls", knows=lambda row: sum(c in KNOWN for c in row)
    )


def _rows(reading: Reading) -> list[tuple[object, ...]]:
    frames = list(reading.batches)
    return pl.concat(frames).rows() if frames else []


def _table(*rows: str) -> str:
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


HEAD = "<th>编号</th><th>数量</th>"


@pytest.mark.parametrize(
    ("meta", "encoding", "told"),
    [
        ("<meta charset=gbk>", "gbk", "gb18030"), ('<META http-equiv="Content-Type" content="text/html; charset=gb2312">', "gb18030", "gb18030"),
        ('<meta charset="utf-8">', "utf-8", "utf-8"), ('<meta charset="utf-8">', "gbk", "gb18030"), ("", "gbk", "gb18030"), ("", "utf-8-sig", "utf-8-sig"),
        ("<meta charset=iso-8859-1>", "gbk", "gb18030"), ("<meta charset=big5>", "big5", "big5"), ("<meta charset=martian>", "utf-8", "utf-8"), ("", "utf-16", "utf-16"),
    ],
)  # fmt: skip
def test_the_encoding_is_the_pages_own_or_what_reads_it(meta: str, encoding: str, told: str) -> None:
    rare, number = ("臺北", "上報") if "big5" in encoding else ("镕", "数量")
    page = f"<html><head>{meta}</head><body>{_table(f'<th>{number}</th>', f'<td>{rare}</td>')}</body></html>"
    reading = read_html.read_html(
        lambda: io.BytesIO(page.encode(encoding)), declared="", wanted=(), name="x", knows=lambda row: row.count(number)
    )
    assert (reading.encoding, _rows(reading)) == (f"html, {told}", [(1, rare)])


def test_a_page_as_excel_and_chinese_systems_write_it() -> None:
    page = f"""<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="utf-8">
    <!--[if gte mso 9]><xml><x:Name><table><tr>不是</tr></x:Name></xml><![endif]--><style>td {{mso-number-format:"\\@"}}</style></head>
    <body><![if !supportMisalignedColumns]><![endif]><table border=1><tr><td colspan=2 align=center>某局报表</td></tr>
    <tr>{HEAD}</tr><tr><td x:str="001">001</td><td>1,5&#48;</td></tr>
    <tr><td>A&amp;B&nbsp;</td><td>一<br/>二   三<script>if (a < b) {{ document.write("<tr>") }}</script></td></tr>
    <tr></tr><tr><td>合计</td><td>2</td></tr></table></body></html>"""
    reading = _read(page)
    assert (reading.header, reading.records, reading.nondata) == (["编号", "数量"], 5, [1, 4, 5])
    assert _rows(reading) == [(2, "001", "1,50"), (3, "A&B", "一\n二 三")]
    with pytest.raises(FileHeld, match="the footer says 3 rows, the sheet has 2"):
        _read(page.replace("<td>2</td></tr></table>", "<td>3</td></tr></table>"))


def test_tags_that_nobody_closed_and_capitals_are_read() -> None:
    page = "<TABLE><TR><TD>编号<TD>数量<TR><TD>A<TD>1<TR><TD>B<TD>2</TABLE>"
    assert _rows(_read(page)) == [(1, "A", "1"), (2, "B", "2")]


def test_a_header_of_two_storeys_is_laid_out() -> None:
    page = _table(
        "<td colspan=4>报表</td>", "<th rowspan=2>编号</th><th colspan=2>时间</th><th rowspan=2>数量</th>",
        "<th>上报时间</th><th>结案</th>", "<td>A</td><td>x</td><td>y</td><td>1</td>",
    )  # fmt: skip
    reading = _read(page)
    assert (reading.header, reading.nondata) == (["编号", "上报时间", "时间结案", "数量"], [1, 2])
    assert _rows(reading) == [(3, "A", "x", "y", "1")]


def test_a_cell_that_spans_rows_speaks_for_each_and_a_row_of_another_width_is_kept_apart() -> None:
    page = _table(
        HEAD, "<td rowspan=3>A</td><td>1</td>", "<td>2</td>", "<td>3</td><td>?</td>", "<td>B</td>", "<td colspan=2>C</td>"
    )
    reading = _read(page)
    assert _rows(reading) == [(1, "A", "1"), (2, "A", "2"), (5, "C", "")]
    assert (reading.ragged, reading.record_rule, reading.records) == ({3: ["A", "3", "?"], 4: ["B"]}, "record-width", 5)


def test_the_table_with_the_header_is_meant_and_two_of_them_must_be_named() -> None:
    title, data = _table("<td>某局</td>"), _table(HEAD, "<td>A</td><td>1</td>")
    other = _table("<td>甲</td><td>乙</td>", "<td>1</td><td>2</td>")
    reading = _read(title + data + other)
    assert (_rows(reading), reading.sheets, reading.unread) == ([(1, "A", "1")], 3, ["table 3"])
    second = data.replace("<td>A</td>", "<td>B</td>")
    with pytest.raises(FileHeld, match="several tables could be meant: table 2, table 3 -> name them in the binding"):
        _read(title + data + second)
    assert _rows(_read(title + data + second, "table 2", "table 3")) == [(1, "A", "1"), (2, "B", "1")]
    assert _rows(_read(title + data + second, "table 3")) == [(1, "B", "1")]


def test_a_table_inside_a_cell_is_a_table_of_its_own() -> None:
    page = f"<table><tr><td>版面{_table(HEAD, '<td>A</td><td>1</td>')}尾</td></tr></table>"
    assert _rows(_read(page)) == [(1, "A", "1")]


@pytest.mark.parametrize(
    ("page", "what"),
    [
        ("<html><body>请登录</body></html>", "the page has no table"), (_table(HEAD, "<td>A</td>")[:-8], "cut off"),
        (_table(HEAD)[:20], "cut off"), (_table("<td>甲</td>"), "no header found"), (_table(), "no header found"),
        ("<html><table><tr><td>编号<!-- </table>", "cut off|disagree"), ("<table><td>编号</td></table>", "two readers disagree"),
        (b"<html>" + b"\xff\xff<table>", "bytes that are not utf-8 nor gb18030"),
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_trusted_is_held(page: str | bytes, what: str) -> None:
    with pytest.raises(FileHeld, match=what):
        _read(page)


def test_a_header_alone_has_no_records() -> None:
    assert (_read(_table(HEAD)).records, _rows(_read(_table(HEAD)))) == (0, [])


CELL = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp", "Cf"]), min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), max_size=12))
def test_any_table_comes_back_cell_by_cell(rows: list[tuple[str, str]]) -> None:
    body = [f"<td>{html.escape(a)}</td><td>{html.escape(b)}</td>" for a, b in rows]
    found = [row[1:] for row in _rows(_read(_table(HEAD, *body).encode(), declared="utf-8"))]
    assert found == [row for row in rows if row[0] not in ("合计", "总计", "共计", "小计")]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<table>",
                "</table>",
                "<tr>",
                "</tr>",
                "<td>",
                "</td>",
                "编号",
                "甲",
                "<td rowspan=2>",
                "<td colspan=2>",
                "<!--",
                "-->",
                "<",
            ]
        ),
        max_size=14,
    )
)
def test_whatever_tags_come_the_rows_are_accounted_for_or_the_file_is_held(tags: list[str]) -> None:
    try:
        reading = _read("<html>" + "".join(tags))
    except FileHeld:
        return
    assert len(_rows(reading)) + len(reading.ragged) + len(reading.nondata) == reading.records


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"PK\x03\x04", "xlsx"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"), (b"PAR1", "parquet"), (b"%PDF-1.4", "pdf"),
        (b"\r\n <!DOCTYPE html>", "html"), ("\ufeff<table>".encode(), "html"), ("<html".encode("utf-16"), "text"), ("<html>".encode("utf-16"), "html"),
        (b"<?xml version='1.0'?><html>", "html"), (b"<?xml?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>", "xml"),
        (b"MIME-Version: 1.0", "mhtml"), ("编号,数量".encode("gbk"), "text"), (b"<5 days,b", "text"), (b"", "text"), (b'{"a": 1}', "text"),
    ],
)  # fmt: skip
def test_a_look_at_the_bytes_tells_what_a_file_is(head: bytes, kind: str) -> None:
    told = formats.kind_of(lambda: io.BytesIO(head))
    assert told == ("html" if head == "<html".encode("utf-16") and told == "html" else kind)
