"""A report as DOCX: the same sentences, asks and tables, to be worked on in an office program.

Belongs here: the Word document. Does not: what is said (report).
"""

from __future__ import annotations

import io
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from pipelines.reports.report import Ask, Report, Section, Table, ids_of, said

#: In every Chinese Windows; other programs have their own in its place.
EAST_ASIAN, WESTERN = "SimSun", "Calibri"
BODY, SMALL, TINY = Pt(10.5), Pt(9), Pt(6.5)
GREY = RGBColor(105, 112, 120)
MARGIN = Mm(18)


def as_docx(report: Report) -> bytes:
    """The report as a Word document."""
    document = docx.Document()
    _settings(document, report)
    document.add_heading(report.title, level=0)
    for fact in report.facts:
        _say(document.add_paragraph(), fact, SMALL, GREY)
    for section in report.sections:
        _section(document, section)
    _say(document.sections[0].footer.paragraphs[0], report.footer, TINY, GREY)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _settings(document: Any, report: Report) -> None:
    for name in ("Normal", "Title", "Heading 1"):
        style = document.styles[name]
        style.font.name = WESTERN
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), EAST_ASIAN)
    document.styles["Normal"].font.size = BODY
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = MARGIN
    about = document.core_properties
    about.title, about.subject, about.author = report.title, report.build, "citybrain"
    about.created = about.modified = report.as_of
    about.language = "zh-CN" if report.language == "zh" else "en"


def _say(paragraph: Any, text: str, size: Any = None, colour: Any = None, *, is_bold: bool = False) -> None:
    run = paragraph.add_run(text)
    run.bold = is_bold
    if size is not None:
        run.font.size = size
    if colour is not None:
        run.font.color.rgb = colour
    paragraph.paragraph_format.space_after = Pt(2)


def _section(document: Any, section: Section) -> None:
    heading = document.add_heading(section.heading, level=1)
    heading.paragraph_format.page_break_before = section.is_page
    for sentence in section.sentences:
        _say(document.add_paragraph(), sentence)
    for ask in section.asks:
        _ask(document, ask)
    for table in section.tables:
        _table(document, table)


def _ask(document: Any, ask: Ask) -> None:
    _say(document.add_paragraph(), f"{ask.number}. {ask.what}", is_bold=True)
    _say(document.add_paragraph(), said(ask), SMALL)
    if ask.figure:
        _say(document.add_paragraph(), ask.figure, TINY, GREY)


def _table(document: Any, table: Table) -> None:
    if table.caption:
        _say(document.add_paragraph(), table.caption, SMALL, is_bold=True)
    shown = document.add_table(rows=1, cols=len(table.columns))
    shown.style = "Table Grid"
    for column, cell in zip(table.columns, shown.rows[0].cells, strict=True):
        _say(cell.paragraphs[0], column.heading, SMALL, is_bold=True)
    for row in table.rows:
        cells = shown.add_row().cells
        for column, told, cell in zip(table.columns, row, cells, strict=True):
            _say(cell.paragraphs[0], told.text, SMALL)
            if column.is_number:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        for figure in ids_of(row):
            _say(cells[0].add_paragraph(), figure, TINY, GREY)
    if table.note:
        _say(document.add_paragraph(), table.note, SMALL, GREY)
