"""Read workbooks: the cells of their sheets as text, rows counted a second time from the file's own records.

Belongs here: XLSX and XLS by calamine, and their counters. Does not: which rows are data (tables), the binary records of XLS
(biff).
"""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

import openpyxl
import python_calamine

from pipelines.cleaning import biff, compound, tables
from pipelines.cleaning.read import Reading, cell_text
from pipelines.core.errors import FileHeld, said_by
from pipelines.core.settings import ArchiveLimits

REMEDY = "ask the department to send the file again"
# Expat 2.4 and later bounds entity expansion by itself, so the standard parser is safe on what departments send.
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def _sheet_part(book: zipfile.ZipFile, sheet: str) -> str:
    """The part of the workbook that holds `sheet`."""
    listed = ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{SHEET}sheet")  # noqa: S314
    wanted = next(entry for entry in listed if entry.get("name") == sheet)
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    target = next(r.get("Target", "") for r in relations if r.get("Id") == wanted.get(RELATION))
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _column(place: str) -> int:
    """The column of a place such as `AB12`, from 1; 0 if it tells none."""
    number = 0
    for letter in place.rstrip("0123456789").upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _extent(data: bytes, sheet: str) -> tuple[int, int]:
    """The independent counter: last row and last column that hold anything, straight from the sheet's XML."""
    last = widest = number = 0
    with zipfile.ZipFile(io.BytesIO(data)) as book, book.open(_sheet_part(book, sheet)) as part:
        for _, element in ElementTree.iterparse(part, events=("end",)):  # noqa: S314
            if element.tag == f"{SHEET}row":
                number = int(element.get("r") or number + 1)
                for behind, cell in enumerate(reversed(element)):
                    if any(e.text for e in cell.iter() if e.tag in (f"{SHEET}v", f"{SHEET}t")):
                        last = number
                        widest = max(widest, _column(cell.get("r", "")) or len(element) - behind)
                        break
                element.clear()
    return last, widest


def _openpyxl_rows(data: bytes, sheet: str) -> int:
    """The arbiter where the two disagree (a cell may point to an empty shared text): slow, so only then."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    filled = [n for n, row in enumerate(book[sheet].iter_rows(values_only=True), 1) if any(c not in (None, "") for c in row)]
    book.close()
    return max(filled, default=0)


def _sheet(book: python_calamine.CalamineWorkbook, sheet: str) -> tables.Sheet:
    with _steady():
        page = book.get_sheet_by_name(sheet)
        cells = page.to_python(skip_empty_area=False)
    rows = [[cell_text(cell) for cell in row] for row in cells]
    laid = len(rows)
    while rows and not any(rows[-1]):
        rows.pop()
    merges = [(top, left, bottom, right) for (top, left), (bottom, right) in page.merged_cell_ranges or [] if top < len(rows)]
    return tables.Sheet(sheet, rows, merges, laid)


def _held(kind: str, error: Exception, name: str) -> FileHeld:
    return FileHeld(f"not readable as {kind}: {said_by(error)}", where=name, remedy=REMEDY)


def _meant(names: list[str], wanted: tuple[str, ...], name: str) -> list[str]:
    return tables.names_wanted(names, wanted, name) if wanted else names[:1]


@contextlib.contextmanager
def _steady() -> Iterator[None]:
    """A panic of calamine's Rust, which Python would not catch as an error, told as one."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise ValueError("its records contradict each other") from error
        raise


def _worksheets(data: bytes) -> tuple[python_calamine.CalamineWorkbook, list[str]]:
    with _steady():
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    return book, [entry.name for entry in book.sheets_metadata if entry.typ == python_calamine.SheetTypeEnum.WorkSheet]


def read_xlsx(data: bytes, *, wanted: tuple[str, ...], name: str, knows: tables.Knows, limits: ArchiveLimits) -> Reading:
    """Sheets of a workbook: the first, or those that `wanted` names or fits, one after the other.

    Raises FileHeld if the file is no workbook, is larger unpacked than `limits` allow, lacks a wanted sheet or a known
    header, if the two readers disagree, or a stated total is not the number of rows.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            sizes = [info.file_size for info in box.infolist()]
        limits.refuse(files=len(sizes), unpacked=sum(sizes), packed=len(data), name=name)
        book, names = _worksheets(data)
        extents = {sheet: _extent(data, sheet) for sheet in names}
        sheets = _read(book, _meant(names, wanted, name), extents, limits, name)
    except FileHeld:
        raise
    except Exception as error:
        raise _held("XLSX", error, name) from error
    for sheet in sheets:
        found = len(sheet.rows)
        if found != extents[sheet.name][0] and found != (again := _openpyxl_rows(data, sheet.name)):
            raise FileHeld(f"two readers disagree: {again} rows by one, {found} by the other", where=name, remedy=REMEDY)
    return _reading(sheets, extents, name=name, knows=knows, encoding="xlsx")


def _read(
    book: python_calamine.CalamineWorkbook, meant: list[str], extents: dict[str, tuple[int, int]], limits: ArchiveLimits,
    name: str,
) -> list[tables.Sheet]:  # fmt: skip
    """The sheets that are meant; none is touched that would not fit, because calamine lays out every cell up to the last."""
    for sheet in meant:
        rows, columns = extents[sheet]
        limits.refuse_sheet(rows=rows, columns=columns, name=f"{name}, {sheet}")
    return [_sheet(book, sheet) for sheet in meant]


def _reading(
    sheets: list[tables.Sheet], extents: dict[str, tuple[int, int]], *, name: str, knows: tables.Knows, encoding: str
) -> Reading:
    read = {sheet.name for sheet in sheets}
    unread = [sheet for sheet, (rows, _) in extents.items() if rows and sheet not in read]
    return tables.reading_of(sheets, name=name, knows=knows, encoding=encoding, sheets_n=len(extents), unread=unread)


def read_xls(data: bytes, *, wanted: tuple[str, ...], name: str, knows: tables.Knows, limits: ArchiveLimits) -> Reading:
    """Sheets of a workbook in the form of before 2007 (BIFF 5 and 8), as `read_xlsx` reads those of today.

    Raises FileHeld as `read_xlsx` does, and if the workbook is locked.
    """
    try:
        found = biff.extents(compound.streams(data))
        # calamine lays out every sheet when it opens the book
        for rows, columns in found:
            limits.refuse_sheet(rows=rows, columns=columns, name=name)
        book, names = _worksheets(data)
        extents = dict(zip(names, found, strict=True))
        sheets = _read(book, _meant(names, wanted, name), extents, limits, name)
    except FileHeld:
        raise
    except biff.Locked as error:
        raise FileHeld(
            "the old workbook is locked with a password, which is not read", where=name,
            remedy="ask the department to save it as XLSX, with a password or without",
        ) from error  # fmt: skip
    except Exception as error:
        raise _held("XLS", error, name) from error
    for sheet in sheets:
        count = extents[sheet.name][0]
        # A cell that holds an empty text is a value to the counter and nothing to us.
        if count not in (len(sheet.rows), sheet.laid):
            raise FileHeld(f"two readers disagree: {count} rows by one, {sheet.laid} by the other", where=name, remedy=REMEDY)
    return _reading(sheets, extents, name=name, knows=knows, encoding="xls")
