"""Read workbooks: the cells of their sheets as text, rows counted a second time from the file's own records.

Belongs here: XLSX and XLS by calamine, and their counters. Does not: which rows are data (tables), the binary records of XLS
(biff).
"""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import openpyxl
import python_calamine

from pipelines.cleaning import tables
from pipelines.cleaning.read import Opener, Reading, cell_text
from pipelines.core.errors import FileHeld
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


def _counted_rows(data: bytes, sheet: str) -> int:
    """The independent counter: the number of the last row that holds anything, straight from the sheet's XML."""
    last = number = 0
    with zipfile.ZipFile(io.BytesIO(data)) as book, book.open(_sheet_part(book, sheet)) as part:
        for _, element in ElementTree.iterparse(part, events=("end",)):  # noqa: S314
            if element.tag == f"{SHEET}row":
                number = int(element.get("r") or number + 1)
                if any(e.text for e in element.iter() if e.tag in (f"{SHEET}v", f"{SHEET}t")):
                    last = number
                element.clear()
    return last


def _openpyxl_rows(data: bytes, sheet: str) -> int:
    """The arbiter where the two disagree (a cell may point to an empty shared text): slow, so only then."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    filled = [n for n, row in enumerate(book[sheet].iter_rows(values_only=True), 1) if any(c not in (None, "") for c in row)]
    book.close()
    return max(filled, default=0)


def _sheet(book: python_calamine.CalamineWorkbook, sheet: str) -> tables.Sheet:
    page = book.get_sheet_by_name(sheet)
    rows = [[cell_text(cell) for cell in row] for row in page.to_python(skip_empty_area=False)]
    while rows and not any(rows[-1]):
        rows.pop()
    merges = [(top, left, bottom, right) for (top, left), (bottom, right) in page.merged_cell_ranges or [] if top < len(rows)]
    return tables.Sheet(sheet, rows, merges)


def read_xlsx(open_bytes: Opener, *, wanted: tuple[str, ...], name: str, knows: tables.Knows, limits: ArchiveLimits) -> Reading:
    """Sheets of a workbook: the first, or those that `wanted` names or fits, one after the other.

    Raises FileHeld if the file is no workbook, is larger unpacked than `limits` allow, lacks a wanted sheet or a known
    header, if the two readers disagree, or a stated total is not the number of rows.
    """
    with open_bytes() as stream:
        data = stream.read()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            sizes = [info.file_size for info in box.infolist()]
        limits.refuse(files=len(sizes), unpacked=sum(sizes), packed=len(data), name=name)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        kind = python_calamine.SheetTypeEnum.WorkSheet
        names = [entry.name for entry in book.sheets_metadata if entry.typ == kind]
        meant = tables.names_wanted(names, wanted, name) if wanted else names[:1]
        sheets = [_sheet(book, sheet) for sheet in meant]
        unread = [sheet for sheet in names if sheet not in meant and book.get_sheet_by_name(sheet).height]
        counted = [_counted_rows(data, sheet) for sheet in meant]
    except FileHeld:
        raise
    except Exception as error:
        raise FileHeld(f"not readable as XLSX: {error}", where=name, remedy=REMEDY) from error
    for sheet, count in zip(sheets, counted, strict=True):
        found = len(sheet.rows)
        if found != count and found != (again := _openpyxl_rows(data, sheet.name)):
            raise FileHeld(f"two readers disagree: {again} rows by one, {found} by the other", where=name, remedy=REMEDY)
    return tables.reading_of(sheets, name=name, knows=knows, encoding="xlsx", sheets_n=len(names), unread=unread)
