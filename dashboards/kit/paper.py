"""Paper: a board's page as a report, to take along as workbook, plain data or print.

Belongs here: reading what a page put on the screen (its markup, its charts) into the report model. Does not: drawing the report
(pipelines.reports), the buttons (downloads), what a page says. What is not on the page is not on the paper: the reader's scope
holds for both, and no second query can say something else.

Single cases are left out (their list and their trail): `citybrain trace --csv` writes them, and refuses so few persons
that each could be known.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from dashboards.kit import charts
from pipelines.reports.plain_cell import plain_cell
from pipelines.reports.report import Cell, Chart, Column, Report, Section, Table, headings, with_ids

if TYPE_CHECKING:
    from dashboards.kit.page import Board

#: What a page puts under these keys is about single cases.
CASES = frozenset({"cases", "case", "moves"})
#: Elements without an end.
VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "col"})
#: Not to be read: drawings, forms, the way up.
SILENT = frozenset({"svg", "script", "style", "form", "button", "select"})
NUMBER = re.compile(r"([+−-]?)(\d[\d,]*(?:\.\d+)?)%?")


@dataclass
class Node:
    """An element: its name, classes, attributes and content."""

    name: str
    classes: frozenset[str] = frozenset()
    attributes: dict[str, str] = field(default_factory=dict)
    content: list[Node | str] = field(default_factory=list)

    def text(self) -> str:
        """All text in it, parts set apart by a space."""
        parts = (part if isinstance(part, str) else part.text() for part in self.content)
        return " ".join(" ".join(parts).split())

    def inside(self, name: str = "", kind: str = "") -> Iterator[Node]:
        """Every element in it, of that name or class where one is given; itself left out."""
        for part in self.content:
            if isinstance(part, Node):
                if (not name or part.name == name) and (not kind or kind in part.classes):
                    yield part
                yield from part.inside(name, kind)


class _Reading(HTMLParser):
    """Markup of ours as a tree; it closes what it opens."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        node = Node(tag, frozenset(given.get("class", "").split()), given)
        self._open[-1].content.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Drawings alone close themselves: nothing to read."""

    def handle_endtag(self, tag: str) -> None:
        if len(self._open) > 1 and self._open[-1].name == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open[-1].name not in SILENT:
            self._open[-1].content.append(data)


def report_of(board: Board, pieces: Sequence[str | charts.Chart]) -> Report:
    """The page as a report: its headings, sentences, charts, cards and tables, in their order.

    Args:
        board: whose page it is.
        pieces: the markup and the charts that were put on it.
    """
    words = board.words
    reader = _Reading()
    reader.feed("".join(one if isinstance(one, str) else f'<figure data-at="{at}"></figure>' for at, one in enumerate(pieces)))
    title, sections = words("download.title"), [_Part("")]
    for node in _blocks(reader.root):
        if node.name == "h1":
            title = node.text()
        elif node.name in ("h2", "h3"):
            sections.append(_Part(node.text()))
        elif node.name == "table":
            sections[-1].tables.append(_table(node, sections[-1].heading or title))
        elif node.name == "figure":
            sections[-1].charts.append(_chart(pieces[int(node.attributes["data-at"])]))
        elif "cards" in node.classes:
            sections[-1].tables.append(_cards(board, node, sections[-1].heading or title))
        else:
            sections[-1].sentences.append(node.text())
    made = tuple(
        Section(part.heading, tuple(part.sentences), (), tuple(part.tables), charts=tuple(part.charts))
        for part in sections
        if part.sentences or part.tables or part.charts
    )
    return Report(
        title, words.language, board.source.as_of, board.source.build_id, facts_of(board, title), made, words("ethics"),
        words("briefing.page", n="{n}"), words("briefing.figure_id"),
    )  # fmt: skip


def facts_of(board: Board, period: str) -> tuple[str, ...]:
    """What stands below a title: city and period, as-of time and build, whether the data is invented."""
    words, city = board.words, board.city
    title = city.title(words.language) or words("city.nameless")
    about = f"{words('banner.as_of')} {words.moment(board.source.as_of)} · {words('banner.build')} {board.source.build_id}"
    return tuple(text for text in (f"{title} · {period}", about, words("banner.synthetic") if city.is_synthetic else "") if text)


@dataclass
class _Part:
    heading: str
    sentences: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)


def _chart(piece: object) -> Chart:
    """A chart as the page drew it."""
    assert isinstance(piece, charts.Chart)
    assert piece.figure is not None
    about = " · ".join(part for part in (piece.caption.unit, piece.caption.as_of) if part)
    return Chart(piece.caption.title, about, piece.figure.to_plotly_json())


def _blocks(node: Node) -> Iterator[Node]:
    """Headings, paragraphs, tables and groups of cards, in their order."""
    for part in node.content:
        if isinstance(part, str) or part.name in SILENT or part.classes & {"crumbs", "banner", "head", "footer"}:
            continue
        if part.name in ("h1", "h2", "h3", "p", "table", "li", "figure") or "cards" in part.classes:
            if part.text() or part.name == "figure":
                yield part
        else:
            yield from _blocks(part)


def number_of(text: str) -> Decimal | None:
    """The number that a cell is; None for anything else."""
    found = NUMBER.fullmatch(text)
    if not found:
        return None
    return Decimal(found[2].replace(",", "")) * (-1 if found[1] in ("−", "-") else 1)


def _table(node: Node, name: str) -> Table:
    caption = next((part.text() for part in node.inside("caption")), "")
    columns = tuple(Column(part.text(), "number" in part.classes) for part in node.inside("th"))
    rows = []
    for line in node.inside("tr"):
        cells = list(line.inside("td"))
        if len(cells) == len(columns):
            rows.append(tuple(_cell(cell) for cell in cells))
    return Table(name, columns, tuple(rows), caption)


def _cell(node: Node) -> Cell:
    text = node.text()
    figure = next((part.attributes["data-figure"] for part in node.inside() if "data-figure" in part.attributes), "")
    return Cell(text, number_of(text), figure or node.attributes.get("data-figure", ""))


def _cards(board: Board, node: Node, name: str) -> Table:
    """Cards as rows: figure, value with its id, change, what stands below."""
    words = board.words
    titles = ("column.figure", "column.value", "column.change", "download.notes")
    columns = tuple(
        Column(words(title), title == "column.value", share) for title, share in zip(titles, (2, 1.4, 2, 3), strict=True)
    )
    rows = []
    for card in node.inside(kind="card"):
        said = {kind: " ".join(part.text() for part in card.inside(kind=kind)) for kind in ("name", "value", "change", "note")}
        figure = next((part.attributes.get("data-figure", "") for part in card.inside(kind="value")), "")
        number = next((number_of(part.text().split(" ")[0]) for part in card.inside(kind="value")), None)
        value = Cell(said["value"], number, figure)
        rows.append((Cell(said["name"]), value, Cell(said["change"]), Cell(said["note"])))
    return Table(name, columns, tuple(rows))


# --- plain data ---------------------------------------------------------------------------------------------------------


def as_csv(report: Report) -> bytes:
    """Every table as CSV (UTF-8 with a mark, as office programs want it), in one ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, table in enumerate(report.tables(), start=1):
            entry = zipfile.ZipInfo(f"{number:02d}.csv", date_time=report.as_of.timetuple()[:6])
            archive.writestr(entry, "\ufeff" + _lines(table, report))
    return out.getvalue()


def _lines(table: Table, report: Report) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([plain_cell(heading) for heading in headings(table, report.figure)])
    for row in table.rows:
        numbers = [plain_cell(cell.text) if cell.value is None else str(cell.value) for cell in row]
        writer.writerow([*numbers, *(plain_cell(row[at].figure) for at in with_ids(table))])
    return stream.getvalue()
