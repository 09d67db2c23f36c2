"""A report as XLSX: a sheet that says what it is, then a sheet per table, numbers as numbers, each with its figure's id.

Belongs here: the workbook. Does not: what is said (report). No cell is ever a formula.
"""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from pipelines.reports.report import Cell, Report, Table, headings, said, with_ids

HEAD = PatternFill("solid", fgColor="D9E1F2")
NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")
LONGEST_NAME = 31
WIDTH, WIDE = 14, 40


def as_xlsx(report: Report) -> bytes:
    """The report as a workbook."""
    book = openpyxl.Workbook()
    about = book.active
    assert about is not None
    about.title = _name(report.title, [])
    told = [report.title, *report.facts]
    for section in report.sections:
        told += ["", section.heading, *section.sentences]
        for ask in section.asks:
            told += [f"{ask.number}. {ask.what}", said(ask), ask.figure]
    for number, text in enumerate([*told, "", report.footer], start=1):
        _text(about, number, 1, text)
    about.column_dimensions["A"].width = 3 * WIDE
    for table in report.tables():
        _sheet(book.create_sheet(_name(table.name, book.sheetnames)), table, report)
    book.properties.title, book.properties.creator = report.title, "citybrain"
    book.properties.created = book.properties.modified = report.as_of
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _name(text: str, taken: list[str]) -> str:
    plain = NOT_IN_A_NAME.sub(" ", text).strip()[:LONGEST_NAME] or "1"
    number = 2
    while plain in taken:
        plain = f"{plain[: LONGEST_NAME - 3]} {number}"
        number += 1
    return plain


def _text(sheet: Any, row: int, column: int, text: str) -> Any:
    """Write text as text, whatever it begins with."""
    cell = sheet.cell(row, column)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)
    cell.data_type = "s"
    return cell


def _sheet(sheet: Any, table: Table, report: Report) -> None:
    for number, heading in enumerate(headings(table, report.figure), start=1):
        head = _text(sheet, 1, number, heading)
        head.font, head.fill, head.alignment = Font(bold=True), HEAD, Alignment(wrap_text=True, vertical="top")
        is_wide = number == 1 or number > len(table.columns)
        sheet.column_dimensions[get_column_letter(number)].width = WIDE if is_wide else WIDTH
    for line, row in enumerate(table.rows, start=2):
        for number, cell in enumerate(row, start=1):
            _cell(sheet, line, number, cell)
        for number, source in enumerate(with_ids(table), start=len(table.columns) + 1):
            _text(sheet, line, number, row[source].figure)
    sheet.freeze_panes = "B2"
    below = len(table.rows) + 3
    for number, text in enumerate(text for text in (table.caption, table.note, *report.facts) if text):
        _text(sheet, below + number, 1, text)


def _cell(sheet: Any, line: int, number: int, cell: Cell) -> None:
    if cell.value is None:
        _text(sheet, line, number, cell.text)
        return
    written = sheet.cell(line, number)
    written.value = cell.value
    decimals = max(0, -int(cell.value.as_tuple().exponent))
    written.number_format = "#,##0" + (f".{'0' * decimals}" if decimals else "")
