"""One report, three renderings: what is said can be read back from each, and no line is broken where it may not be."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from pathlib import Path

import docx
import openpyxl
import pypdfium2
import pytest

from dashboards.briefing.span import Span, span_of
from dashboards.kit.named import FigureId
from dashboards.kit.words import Words
from pipelines.core.errors import ConfigurationError, UsageError
from pipelines.reports.fonts import find_font, lines_of
from pipelines.reports.report import Ask, Cell, Column, Report, Section, Table
from pipelines.reports.report_docx import as_docx
from pipelines.reports.report_pdf import MISSING, as_pdf
from pipelines.reports.report_xlsx import as_xlsx

ID = "M16/990100/2026-W26/as_was@20260630_0123456789"
OTHER = "M16/990100/2026-W25/as_was@20260630_0123456789"
AS_OF = dt.datetime(2026, 6, 30, 23, 59, 59)


def report(rows: int = 1) -> Report:
    columns = (Column("指标"), Column("本周", is_number=True), Column("前一周", is_number=True))
    row = (Cell("=按期结案率"), Cell("1,975.82%", Decimal("1975.82"), ID), Cell("—", None, OTHER))
    ask = Ask(1, "城管案件：41件已超期", (("地点", "沧榆区"), ("", "2026年7月7日")), ID)
    sections = (
        Section("一、概要", ("共上报事件1,981件。",), (ask,)),
        Section("附：全部指标", (), (), (Table("表[1]", columns, (row,) * rows, "说明", "注"),), is_page=True),
    )
    return Report(
        "云湾市治理周报", "zh", AS_OF, "20260630_0123456789", ("数据截至",), sections, "不评价个人。", "第{n}页", "指标编号"
    )


@pytest.fixture(scope="module")
def font() -> object:
    try:
        return find_font()
    except ConfigurationError as error:
        pytest.skip(f"{error}")


def pdf_text(content: bytes) -> list[str]:
    """The text of each page, as Chrome's own reader gives it."""
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)]


def test_a_pdf_says_it_all_with_its_font_inside(font: object) -> None:
    content = as_pdf(report(), font)  # type: ignore[arg-type]
    first, second = pdf_text(content)
    for text in ("云湾市治理周报", "共上报事件1,981件。", "城管案件：41件已超期", "沧榆区", "第1页", ID):
        assert text in first
    for text in ("=按期结案率", "1,975.82%", ID, OTHER, "第2页"):
        assert text in second
    assert b"/FontFile3" in content or b"/FontFile2" in content
    assert as_pdf(report(), font) == content  # type: ignore[arg-type]


def test_a_long_table_has_its_headings_on_every_page_and_loses_no_row(font: object) -> None:
    pages = pdf_text(as_pdf(report(rows=90), font))[1:]  # type: ignore[arg-type]
    assert len(pages) > 2
    assert all("前一周" in page for page in pages)
    assert sum(page.count("1,975.82%") for page in pages) == 90


def test_what_the_font_does_not_have_is_marked(font: object) -> None:
    sections = (Section("\U0001fae8", ()),)
    told = Report("题", "zh", AS_OF, "b", (), sections, "f", "{n}", "id")
    assert MISSING in pdf_text(as_pdf(told, font))[0]  # type: ignore[arg-type]


def test_a_word_document_says_it_all() -> None:
    document = docx.Document(io.BytesIO(as_docx(report())))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "云湾市治理周报" in text
    assert "1. 城管案件：41件已超期" in text
    cells = [cell.text for cell in document.tables[0].rows[1].cells]
    assert cells == [f"=按期结案率\n{ID}\n{OTHER}", "1,975.82%", "—"]


def test_a_workbook_has_numbers_as_numbers_and_no_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(report())))
    sheet = book["表 1"]
    assert [cell.value for cell in sheet[1]] == ["指标", "本周", "前一周", "本周 · 指标编号", "前一周 · 指标编号"]
    name, value, hidden, first, second = sheet[2]
    assert (name.value, name.data_type) == ("=按期结案率", "s")
    assert (value.value, value.number_format, hidden.value) == (1975.82, "#,##0.00", "—")
    assert (first.value, second.value) == (ID, OTHER)
    assert any("41件已超期" in str(cell.value) for row in book.worksheets[0] for cell in row)


def test_without_a_font_the_error_names_the_package(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find_font(folders=(tmp_path,))
    assert "fonts-noto-cjk" in caught.value.remedy
    with pytest.raises(ConfigurationError):
        find_font(tmp_path / "none.ttf")


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("共1,981件，前一周。", 5, ["共", "1,981", "件，前一", "周。"]),
        ("on-time closing rate", 8, ["on-time", "closing", "rate"]),
        ("甲（乙）丙丁", 3, ["甲", "（乙）", "丙丁"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("一\n二", 9, ["一", "二"]),
        ("", 9, [""]),
    ],
)
def test_lines_break_where_they_may(text: str, width: int, lines: list[str]) -> None:
    assert lines_of(text, width, len) == lines


def test_a_figure_has_one_id_and_one_of_the_year_before() -> None:
    month = FigureId("M16", "month", dt.date(2026, 2, 1), dt.date(2026, 2, 28))
    assert month.of("990100", "b") == "M16/990100/2026-02/as_was@b"
    assert month.year_before.of("990100", "b") == "M16/990100/2025-02/as_was@b"
    leap = FigureId("V01", "year_to_date", dt.date(2024, 1, 1), dt.date(2024, 2, 29), "event_kind", "petition")
    assert leap.year_before.of("1", "b") == "V01~event_kind=petition/1/ytd-2023-02-28/as_was@b"


def test_a_briefing_is_of_a_span_that_is_over() -> None:
    assert str(span_of("", "", AS_OF)) == "2026-W26"
    assert str(span_of("", "2026-06", AS_OF)) == "2026-06"
    then = dt.datetime(2026, 1, 4, 23, 59, 59)
    assert span_of("2026-W01", "", then) == Span("week", dt.date(2025, 12, 29))
    assert str(span_of("2026-W01", "", then).before) == "2025-W52"
    assert str(Span("month", dt.date(2026, 1, 1)).before) == "2025-12"
    assert Span("week", dt.date(2026, 6, 22)).written(Words("zh")) == "2026年第26周（2026年6月22日至6月28日）"
    for week, month in (
        ("2026-W27", ""),
        ("", "2026-07"),
        ("2026-W25", ""),
        ("", "2026-05"),
        ("2026-W54", ""),
        ("", "2026-13"),
        ("26", ""),
        ("2026-W26", "2026-06"),
    ):
        with pytest.raises(UsageError):
            span_of(week, month, AS_OF)
