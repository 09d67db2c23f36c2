"""The workbook of the work list: what a clerk gets, and what she sends back.

Belongs here: writing it and reading it back. Does not: what is on the list (worklist), judging what came back (replay).

One sheet of rows, with the bureau's own headers; a sheet of codes behind the drop-down lists; a hidden sheet that says
which column is which, by which the workbook is read back. No cell is ever a formula: text that begins like one is written as
text, and a formula that comes back is refused.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from pipelines.core.errors import UsageError
from pipelines.core.settings import pick
from pipelines.reports.plain_cell import is_formula
from pipelines.reports.worklist import Entry

ROWS, CODES, MAP = "退回行 returned", "代码 codes", "citybrain"
TICKET, RECORD, FILE = "票号 ticket", "记录号 record", "文件 file"
WRONG, DUE, BOUNCES = "问题与改法 what is wrong and how to mend it", "期限 due", "退回次数 bounces"
HIDDEN = "【内容不显示 not shown】"
FAILING = PatternFill("solid", fgColor="FFE699")
HEAD = PatternFill("solid", fgColor="D9E1F2")
TEXT_FORMAT = "@"


@dataclass(frozen=True, slots=True)
class Returned:
    """One row that came back: cells by canonical column (only those that were changed), its key, cells with a formula."""

    ticket: str
    cells: dict[str, str | None] = field(default_factory=dict)
    key: dict[str, str] = field(default_factory=dict)
    formula_in: tuple[str, ...] = ()


def shown(text: str | None) -> str:
    """A text as a workbook can hold it."""
    return ILLEGAL_CHARACTERS_RE.sub("\ufffd", text or "")


def _put(sheet: Any, row: int, column: int, text: str) -> Any:
    """Write text as text, whatever it begins with."""
    cell = sheet.cell(row, column)
    cell.value = shown(text)
    cell.data_type = "s"
    cell.number_format = TEXT_FORMAT
    if is_formula(text):
        cell.quotePrefix = True
    return cell


def write(entries: Iterable[Entry], path: Path) -> None:
    """One workbook of one feed's entries, as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_bytes(entries))


def as_bytes(entries: Iterable[Entry]) -> bytes:
    """One workbook of one feed's entries."""
    rows = list(entries)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = ROWS
    keys = list(dict.fromkeys(header for entry in rows for header in entry.key))
    cells = {cell.column: cell for entry in rows for cell in entry.cells}
    own = [name for name, cell in cells.items() if cell.header not in keys]
    headers = [TICKET, RECORD, *keys, *(cells[name].header for name in own), WRONG, DUE, BOUNCES, FILE]
    at = {name: 3 + keys.index(cell.header) for name, cell in cells.items() if name not in own}  # of rows whose key fails
    at |= {name: 3 + len(keys) + number for number, name in enumerate(own)}
    for number, header in enumerate(headers, start=1):
        head = _put(sheet, 1, number, header)
        head.font, head.fill = Font(bold=True), HEAD
        sheet.column_dimensions[get_column_letter(number)].width = 60 if header == WRONG else 22
    for row, entry in enumerate(rows, start=2):
        told = [entry.ticket, str(entry.record_no), *(entry.key.get(header, "") for header in keys)]
        for number, text in enumerate(told, start=1):
            _put(sheet, row, number, text)
        for cell in entry.cells:
            _put(sheet, row, at[cell.column], HIDDEN if cell.is_hidden else cell.text or "").fill = FAILING
        last = 3 + len(keys) + len(own)
        tail = [f"{entry.words.zh}\n{entry.words.en}", entry.due_on.isoformat(), str(entry.bounces), entry.file]
        for number, text in enumerate(tail, start=last):
            _put(sheet, row, number, text).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "C2"
    _lists(book, sheet, rows, at)
    _map(book, rows, keys, at, headers)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _lists(book: Any, sheet: Any, rows: list[Entry], at: dict[str, int]) -> None:
    """Drop-down lists for cells that take a code."""
    codes = book.create_sheet(CODES)
    known = {cell.column: cell for entry in rows for cell in entry.cells if cell.known}
    for number, (column, cell) in enumerate(sorted(known.items()), start=1):
        _put(codes, 1, number, cell.header)
        for row, code in enumerate(cell.known, start=2):
            _put(codes, row, number, code)
        letter = get_column_letter(number)
        choice = DataValidation(
            type="list",
            formula1=f"'{CODES}'!${letter}$2:${letter}${len(cell.known) + 1}",
            allow_blank=True,
            showErrorMessage=False,
        )
        here = get_column_letter(at[column])
        choice.add(f"{here}2:{here}{len(rows) + 1}")
        sheet.add_data_validation(choice)


def _map(book: Any, rows: list[Entry], keys: list[str], at: dict[str, int], headers: list[str]) -> None:
    """Which column is which, and what each cell held when it went out: by both a returned workbook is read."""
    hidden = book.create_sheet(MAP)
    hidden.sheet_state = "veryHidden"
    told = [("feed", "", rows[0].feed if rows else "")]
    told += [("key", header, str(3 + number)) for number, header in enumerate(keys)]
    told += [("cell", column, str(number)) for column, number in at.items()]
    told += [("header", str(number), header) for number, header in enumerate(headers, start=1)]
    told += [
        (f"was {cell.column}", entry.ticket, HIDDEN if cell.is_hidden else shown(cell.text))
        for entry in rows
        for cell in entry.cells
    ]
    for row, values in enumerate(told, start=1):
        for number, text in enumerate(values, start=1):
            _put(hidden, row, number, text)


def _text(value: Any) -> str:
    """What a cell says, as a bureau's file would have said it."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def read_back(data: bytes, *, name: str) -> tuple[str, list[Returned]]:
    """A workbook that came back: its feed, and its rows. Raises UsageError where it is none of ours, or its columns moved."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(data))
        sheet, hidden = book[ROWS], book[MAP]
        told = [[_text(value) for value in row] for row in hidden.iter_rows(max_col=3, values_only=True)]
        feed = next(row[2] for row in told if row[0] == "feed")
        places = {(row[0], row[1]): int(row[2]) for row in told if row[0] in ("key", "cell")}
        headers = {int(row[1]): row[2] for row in told if row[0] == "header"}
        lines = [line for line in sheet.iter_rows(min_row=2, max_col=max(headers)) if _text(line[0].value)]
    except Exception as error:  # openpyxl raises what its parts raise; whatever it is, the file is not ours
        raise UsageError(
            pick("is no workbook of the work list", "不是工作清单导出的表格"),
            where=name,
            remedy=pick(
                "mend the file that citybrain quarantine export wrote", "请在 citybrain quarantine export 导出的文件上修改"
            ),
        ) from error
    for number, header in headers.items():
        if _text(sheet.cell(1, number).value) != header:
            raise UsageError(
                pick(f"the column {header!r} was moved or renamed", f"列“{header}”被移动或改名"), where=name,
                remedy=pick("export again and mend the cells only", "请重新导出，只改单元格内容"),
            )  # fmt: skip
    keys = {header: place for (kind, header), place in places.items() if kind == "key" and place in headers}
    cells = {column: place for (kind, column), place in places.items() if kind == "cell" and place in headers}
    was = {(row[0].removeprefix("was "), row[1]): row[2] for row in told if row[0].startswith("was ")}
    return feed, [one for line in lines if (one := _returned(line, keys, cells, was)).ticket]


def _returned(line: Any, keys: dict[str, int], cells: dict[str, int], was: dict[tuple[str, str], str]) -> Returned:
    ticket = _text(line[0].value).strip()
    changed: dict[str, str | None] = {}
    formulas = []
    for column, number in cells.items():
        before = was.get((column, ticket))
        cell = line[number - 1]
        now = _text(cell.value)
        if before is None or now == before or now.startswith(HIDDEN):
            continue
        if cell.data_type == "f":
            formulas.append(column)
        changed[column] = now.strip() or None
    mended = {number for column, number in cells.items() if (column, ticket) in was}  # a key cell that fails is no proof
    key = {header: _text(line[number - 1].value) for header, number in keys.items() if number not in mended}
    return Returned(ticket, changed, key, tuple(formulas))
