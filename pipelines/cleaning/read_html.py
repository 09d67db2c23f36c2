"""Read tables of a web page, which many systems save under the name of a workbook.

Belongs here: the page's encoding, its tables as they are laid out (spans of rows and columns), counting rows a second time.
Does not: which table is meant and which rows are data (tables). A page is read whole: it was made for a browser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from pipelines.cleaning import decode, tables
from pipelines.cleaning.read import Opener, Reading
from pipelines.core.errors import FileHeld, said_by

REMEDY = "ask the department to send it again, or as XLSX"
#: What HTML itself allows; more is a mistake of the writer.
WIDEST_SPAN, LONGEST_SPAN = 1000, 65534
CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
#: Labels that are narrower than what is sent under them; and those that fit any bytes and so tell nothing.
WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030"}
EMPTY_LABELS = ("iso-8859-1", "latin1", "windows-1252", "us-ascii", "ascii", "unicode")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_HIDDEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_MARK = re.compile(r"<(/?)(table|tr)\b", re.IGNORECASE)
_BREAK = "\x00"


def _decoded(data: bytes, declared: str, name: str) -> tuple[str, str]:
    """Text and encoding: byte order mark, the binding's, the page's own, UTF-8, GB18030."""
    encodings = decode.ladder(data[:4], declared)
    if len(encodings) > 1 and (found := CHARSET.search(data[:4096])):
        label = found[1].decode("ascii").lower()
        encodings = ([] if label in EMPTY_LABELS else [WIDER.get(label, label)]) + encodings
    for encoding in encodings:
        try:
            return data.decode(encoding), encoding
        except (UnicodeDecodeError, LookupError):
            continue
    raise FileHeld(
        f"bytes that are not {' nor '.join(dict.fromkeys(encodings))}", where=name, remedy="state the encoding in the binding"
    )


@dataclass(slots=True)
class _Laid:
    """One table while it is read: cells as (text, columns, rows), row by row."""

    rows: list[list[tuple[str, int, int]]] = field(default_factory=list)
    is_in_row: bool = False
    cell: list[str] | None = None
    spans: tuple[int, int] = (1, 1)

    def end_cell(self) -> None:
        if self.cell is not None:
            text = _BLANKS.sub(" ", "".join(self.cell)).strip()
            self.rows[-1].append((re.sub(f" ?{_BREAK} ?", "\n", text).strip(), *self.spans))
            self.cell = None

    def end_row(self) -> None:
        self.end_cell()
        self.is_in_row = False

    def begin_row(self) -> None:
        self.end_row()
        self.rows.append([])
        self.is_in_row = True


def _span(text: str | None, most: int) -> int:
    return max(1, min(int(text), most)) if text and text.strip().isdecimal() else 1


class _Page(HTMLParser):
    """The tables of a page, in the order in which they begin; one inside a cell is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[_Laid] = []
        self.open: list[_Laid] = []
        self._is_hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.open.append(_Laid())
            self.found.append(self.open[-1])
        elif tag in ("script", "style"):
            self._is_hidden = True
        elif not self.open:
            return
        elif tag == "tr":
            self.open[-1].begin_row()
        elif tag in ("td", "th"):
            table, told = self.open[-1], dict(attrs)
            if not table.is_in_row:
                table.begin_row()
            table.end_cell()
            table.cell = []
            rows = LONGEST_SPAN if (told.get("rowspan") or "").strip() == "0" else _span(told.get("rowspan"), LONGEST_SPAN)
            table.spans = (_span(told.get("colspan"), WIDEST_SPAN), rows)
        elif tag == "br":
            self.handle_data(_BREAK)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._is_hidden = False
        elif self.open and tag in ("td", "th"):
            self.open[-1].end_cell()
        elif self.open and tag == "tr":
            self.open[-1].end_row()
        elif self.open and tag == "table":
            self.open.pop().end_row()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1].cell is not None and not self._is_hidden:
            self.open[-1].cell.append(data)


def _sheet(name: str, laid: _Laid) -> tables.Sheet:
    """A table as a grid: a spanned cell stands at its first place, the others are empty and told as merged."""
    taken: dict[int, set[int]] = {}
    rows: list[list[str]] = []
    merges: list[tables.Merge] = []
    for at, cells in enumerate(laid.rows):
        row = dict.fromkeys(taken.pop(at, ()), "")
        column = 0
        for text, width, height in cells:
            while column in row:
                column += 1
            bottom = min(at + height, len(laid.rows)) - 1
            across = range(column, column + width)
            for line in range(at + 1, bottom + 1):
                taken.setdefault(line, set()).update(across)
            row |= dict.fromkeys(across, "") | {column: text}
            if width > 1 or bottom > at:
                merges.append((at, column, bottom, across[-1]))
        rows.append([row.get(c, "") for c in range(max(row, default=-1) + 1)])
    while rows and not any(rows[-1]):
        rows.pop()
    return tables.Sheet(name, rows, [merge for merge in merges if merge[0] < len(rows)])


def _counted_rows(text: str) -> list[int]:
    """The independent counter: row marks of each table in the page's text, comments and scripts left out."""
    counts: list[int] = []
    inside: list[int] = []
    for mark in _MARK.finditer(_HIDDEN.sub("", text)):
        is_end, tag = bool(mark[1]), mark[2].lower()
        if tag == "table" and not is_end:
            inside.append(len(counts))
            counts.append(0)
        elif tag == "table" and inside:
            inside.pop()
        elif tag == "tr" and not is_end and inside:
            counts[inside[-1]] += 1
    return counts


def _meant(sheets: list[tables.Sheet], wanted: tuple[str, ...], knows: tables.Knows, name: str) -> list[tables.Sheet]:
    """The tables that the binding names, else the one that has the feed's header."""
    if wanted:
        chosen = tables.names_wanted([sheet.name for sheet in sheets], wanted, name)
        return [sheet for sheet in sheets if sheet.name in chosen]
    scores = [tables.score(sheet, knows) for sheet in sheets]
    likely = [sheet for sheet, found in zip(sheets, scores, strict=True) if found and 2 * found >= max(scores)]
    if len(likely) > 1:
        raise FileHeld(
            f"several tables could be meant: {', '.join(sheet.name for sheet in likely)}", where=name,
            remedy=f'name them in the binding, such as sheet: "{likely[0].name}" or sheet: "table *"',
        )  # fmt: skip
    return likely or sheets[:1]


def _is_tabular(sheet: tables.Sheet) -> bool:
    return sum(sum(map(bool, row)) > 1 for row in sheet.rows) > 1


def read_html(open_bytes: Opener, *, declared: str, wanted: tuple[str, ...], name: str, knows: tables.Knows) -> Reading:
    """Tables of a page: the one that has the feed's header, or those called `table 1`, `table 2` ... that `wanted` names.

    Raises FileHeld if the page cannot be decoded, has no table, is cut off inside one, if several tables could be meant, if
    the two counts of rows differ, or for what `tables.reading_of` refuses.
    """
    with open_bytes() as stream:
        text, encoding = _decoded(stream.read(), declared, name)
    page = _Page()
    try:
        page.feed(text)
        page.close()
    except AssertionError as error:  # the standard parser's word for a declaration that it does not know
        raise FileHeld(f"not readable as HTML: {said_by(error)}", where=name, remedy=REMEDY) from error
    if not page.found:
        raise FileHeld("the page has no table (a log-in page or a message?)", where=name, remedy=REMEDY)
    if page.open:
        raise FileHeld("a table never closes: the file was cut off", where=name, remedy=REMEDY)
    counted, found = _counted_rows(text), [len(laid.rows) for laid in page.found]
    if counted != found:
        raise FileHeld(f"two readers disagree: {sum(counted)} rows by one, {sum(found)} by the other", where=name, remedy=REMEDY)
    sheets = [_sheet(f"table {number}", laid) for number, laid in enumerate(page.found, start=1)]
    meant = _meant(sheets, wanted, knows, name)
    unread = [sheet.name for sheet in sheets if sheet not in meant and _is_tabular(sheet)]
    return tables.reading_of(
        meant, name=name, knows=knows, encoding=f"html, {encoding}", is_strict=True, sheets_n=len(sheets), unread=unread
    )
