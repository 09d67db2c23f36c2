"""What was taken along from a board, read back: a workbook, plain data, a print; which figures stand in each, as what."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import openpyxl
import pypdfium2
import pypdfium2.raw as pdfium

from dashboards.kit.words import NOTHING, Language
from tests.browser.numbers import Published, Shown, hidden_words

#: A figure's permanent id, as it is printed.
ID = re.compile(r"[A-Z]\d+[a-z]?(?:~[^\s/]+)?/[^\s/]+/[^\s/]+/(?:as_was|restated)@\w+")
#: What a cell may begin with that an office program takes for a formula.
FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.,]+$)")


def _figures(headings: Sequence[str], rows: Sequence[Sequence[str]], mark: str) -> Iterator[Shown]:
    """Cells beside whose column another one holds the ids: its heading is that of the column and `mark`."""
    columns = {at: headings.index(title.removesuffix(mark)) for at, title in enumerate(headings) if title.endswith(mark)}
    for row in rows:
        yield from (Shown("figure", row[at], row[column]) for at, column in columns.items() if row[at])


def workbook(content: bytes, mark: str) -> tuple[list[Shown], list[str]]:
    """The figures of an XLSX, and the cells of it that would be formulas."""
    found: list[Shown] = []
    formulas: list[str] = []
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book:
        lines = [[_written(cell) for cell in row] for row in sheet.iter_rows()]
        formulas += [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        found += _figures(lines[0], lines[1:], mark)
    return found, formulas


def _written(cell: Any) -> str:
    """What the office program shows: a number with the decimals of its format."""
    if cell.value is None:
        return ""
    if not isinstance(cell.value, (int, float)):
        return str(cell.value)
    return f"{cell.value:.{len(cell.number_format.partition('.')[2])}f}"


def plain_data(content: bytes, mark: str) -> tuple[list[Shown], list[str]]:
    """The figures of a ZIP of CSV files, and the cells of it that would be formulas."""
    found: list[Shown] = []
    formulas: list[str] = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            lines = list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
            found += _figures(lines[0], lines[1:], mark)
            formulas += [cell for line in lines for cell in line if FORMULA.match(cell)]
    return found, formulas


def printed(content: bytes) -> list[tuple[str, list[str]]]:
    """The rows of a PDF that have ids: the text since the row before, without spaces, and the ids below it."""
    lines = [
        line.strip() for page in pypdfium2.PdfDocument(content) for line in page.get_textpage().get_text_range().splitlines()
    ]
    rows: list[tuple[str, list[str]]] = []
    said: list[str] = []
    for line in lines:
        ids = ID.findall(line)
        if not ids or ID.sub("", line).strip():
            said.append(line)  # a sentence may name a figure too
        elif said or not rows:
            rows.append(("".join("".join(said).split()), ids))
            said = []
        else:
            rows[-1][1].extend(ids)
    return rows


def misprinted(rows: Sequence[tuple[str, list[str]]], held: Published, language: Language) -> list[str]:
    """Which printed rows lack the value of a figure whose id stands below them, or why it has none; one line each."""
    found = []
    for text, names in rows:
        for figure, row in held.figures(names).items():
            if row["value"] is None or row["reason"]:
                told = [hidden_words(row, language, is_change=row["family"] == "change"), NOTHING]
            else:
                told = [f"{Decimal(row['value_text']):,}".replace("-", "−")]
            if not any("".join(one.split()) in text for one in told):
                found.append(f"{figure}: {told} is not in {text!r}")
    return found


def drawn(content: bytes) -> int:
    """How many lines and areas a PDF draws."""
    paths = 0
    for page in pypdfium2.PdfDocument(content):
        kinds = [pdfium.FPDFPageObj_GetType(one.raw) for one in page.get_objects()]
        paths += sum(kind == pdfium.FPDF_PAGEOBJ_PATH for kind in kinds)
    return paths
