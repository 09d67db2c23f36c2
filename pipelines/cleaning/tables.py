"""Tables laid out for people, as one reading: sheets of a workbook, tables of a page.

Belongs here: which of them are meant, where the header is (title rows, merged and two-storey headers), what is no data
(titles, blank rows, totals), one header for several sheets. Does not: opening a workbook (read_sheets) or a page
(read_html). Numbers of records run on from sheet to sheet, in the order of the file.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass, field

from pipelines.cleaning.read import WIDTH_RULE, Reading, row_batches
from pipelines.core.errors import FileHeld

HEADER_SEARCH_ROWS = 20
TOTAL_WORDS = ("合计", "总计", "共计", "小计")

#: How many cells of a row are headers that the feed knows.
Knows = Callable[[list[str]], int]
#: First row, first column, last row, last column, all from 0 and inclusive.
Merge = tuple[int, int, int, int]


@dataclass(slots=True)
class Sheet:
    """One table as it is laid out: its rows down to the last that holds anything, and its merged cells.

    `laid`: rows down to the last with a cell, be it empty.
    """

    name: str
    rows: list[list[str]]
    merges: list[Merge] = field(default_factory=list)
    laid: int = 0


@dataclass(frozen=True, slots=True)
class _Table:
    """A sheet understood. Numbers count from 1 within the sheet, the header's own row left out."""

    header: list[str]
    records: int
    kept: list[tuple[int, list[str]]]
    nondata: list[int]
    ragged: dict[int, list[str]]


def names_wanted(names: list[str], wanted: tuple[str, ...], where: str) -> list[str]:
    """The names that `sheet:` means, in the file's order: exact ones, else by pattern. Raises FileHeld for one that fits none."""
    found: set[str] = set()
    for pattern in wanted:
        fitting = {pattern} & set(names) or {name for name in names if fnmatch.fnmatchcase(name, pattern)}
        if not fitting:
            raise FileHeld(
                f"no sheet is called {pattern!r}; the file has {', '.join(names) or 'none'}", where=where,
                remedy="mend sheet: in the binding, or ask the department",
            )  # fmt: skip
        found |= fitting
    return [name for name in names if name in found]


def score(sheet: Sheet, knows: Knows) -> int:
    """How many known headers the best row among the first ones has."""
    return max((knows(row) for row in _filled(sheet)), default=0)


def _filled(sheet: Sheet) -> list[list[str]]:
    """The first rows, every merged cell holding what its area says."""
    rows = [list(row) for row in sheet.rows[:HEADER_SEARCH_ROWS]]
    for top, left, bottom, right in sheet.merges:
        for row in range(top, min(bottom + 1, len(rows))):
            for column in range(left, min(right + 1, len(rows[row]))):
                rows[row][column] = sheet.rows[top][left]
    return rows


def _header(sheet: Sheet, knows: Knows, where: str) -> tuple[int, int, list[str]]:
    """First and last row of the header, and its names; of a two-storey one the lower name, or both if only they are known."""
    filled = _filled(sheet)
    best, place = max(((knows(row), -number) for number, row in enumerate(filled)), default=(0, 0))
    if best == 0:
        raise FileHeld(
            f"no header found in the first {HEADER_SEARCH_ROWS} rows", where=where,
            remedy="compare the sheet with the contract's column names, or name the sheet in the binding",
        )  # fmt: skip
    at = -place
    storeys = [(top, bottom) for top, _, bottom, _ in sheet.merges if top <= at <= bottom < len(filled)]
    first, last = min([at, *(top for top, _ in storeys)]), max([at, *(bottom for _, bottom in storeys)])
    names = []
    for column in range(len(filled[first])):
        texts = list(dict.fromkeys(row[column] for row in filled[first : last + 1] if column < len(row) and row[column]))
        offers = [*texts[-1:], "".join(texts), "/".join(texts)]
        names.append(next((text for text in offers if knows([text])), offers[-1]))
    return first, last, names


def _fill_down(sheet: Sheet, after: int) -> None:
    """A cell merged over several rows of data speaks for each of them that holds something of its own."""
    for top, left, bottom, _ in sheet.merges:
        for row in range(max(top, after) + 1, min(bottom + 1, len(sheet.rows))):
            if top > after and left < len(sheet.rows[row]) and any(sheet.rows[row]):
                sheet.rows[row][left] = sheet.rows[top][left]


def _table(sheet: Sheet, knows: Knows, where: str, *, is_strict: bool) -> _Table:
    first, last, header = _header(sheet, knows, where)
    _fill_down(sheet, last)
    kept: list[tuple[int, list[str]]] = []
    ragged: dict[int, list[str]] = {}
    nondata = [*range(1, first + 1), *range(first + 1, last + 1)]
    for number, row in enumerate(sheet.rows[last + 1 :], start=last + 1):
        if not any(row) or row[0].strip() in TOTAL_WORDS:
            nondata.append(number)
        elif is_strict and len(row) != len(header):
            ragged[number] = row
        else:
            kept.append((number, row))
    _check_total(sheet.rows[-1], len(kept) + len(ragged), where)
    return _Table(header, len(sheet.rows) - 1, kept, nondata, ragged)


def _check_total(footer: list[str], data_rows: int, where: str) -> None:
    if not footer or footer[0].strip() not in TOTAL_WORDS:
        return
    stated = next((cell for cell in footer[1:] if cell.strip().isdigit()), None)
    if stated is not None and int(stated) != data_rows:
        raise FileHeld(f"the footer says {stated} rows, the sheet has {data_rows}", where=where, remedy="ask for it again")


def _in_order_of(header: list[str], other: list[str], where: str) -> list[int]:
    """Where each of the first sheet's columns stands in another sheet. Raises FileHeld if they are not the same columns."""
    mine, theirs = _trimmed(header), _trimmed(other)
    if mine == theirs:
        return list(range(len(other)))
    if sorted(mine) == sorted(theirs) and len(set(mine)) == len(mine):
        return [theirs.index(name) for name in mine]
    lacks = [name for name in mine if name not in theirs] + [f"+{name}" for name in theirs if name not in mine]
    raise FileHeld(
        f"its header is not that of the sheet before: {', '.join(lacks) or 'a name stands twice'}", where=where,
        remedy="name the sheets that belong together with sheet: in the binding",
    )  # fmt: skip


def _trimmed(header: list[str]) -> list[str]:
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()
    return names


def reading_of(
    sheets: list[Sheet], *, name: str, knows: Knows, encoding: str, is_strict: bool = False, sheets_n: int = 0,
    unread: list[str],
) -> Reading:  # fmt: skip
    """The sheets that are meant, read one after the other under the first one's header.

    Args:
        sheets: those that are meant; one without rows is passed over if there are others.
        name: the file, for messages.
        knows: how many cells of a row are known headers.
        encoding: how the file was read, for the ledger.
        is_strict: whether a row of another width than the header is refused; a workbook's rows all have one width.
        sheets_n: how many sheets the file has.
        unread: those with data that are not meant, reported by the `sheet-unread` rule.

    Raises:
        FileHeld: no header is known, headers differ, or a stated total is not the number of rows.
    """
    filled = [sheet for sheet in sheets if sheet.rows] or [Sheet("", [])]
    header: list[str] = []
    kept: list[tuple[int, list[str]]] = []
    nondata: list[int] = []
    ragged: dict[int, list[str]] = {}
    before = 0
    for sheet in filled:
        where = f"{name}, {sheet.name}" if len(sheets) > 1 else name
        table = _table(sheet, knows, where, is_strict=is_strict)
        header = header or table.header
        places = _in_order_of(header, table.header, where)
        kept += [(before + number, [row[at] for at in places if at < len(row)]) for number, row in table.kept]
        nondata += [before + number for number in table.nondata]
        ragged |= {before + number: row for number, row in table.ragged.items()}
        before += table.records
    width = max([len(header), *(len(row) for _, row in kept)])
    header = header + [""] * (width - len(header))
    rows = [(number, row + [""] * (width - len(row))) for number, row in kept]
    return Reading(
        header, before, encoding, row_batches(rows, width), nondata, ragged, WIDTH_RULE if is_strict else "", sheets_n, unread
    )
