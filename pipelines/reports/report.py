"""A report: what a printed paper or a workbook says, before anybody decides how it looks.

Belongs here: the parts of a report as plain values, and which figures stand in them. Does not: where the numbers come from
(boards and their queries), layout (report_pdf, report_docx, report_xlsx: three renderings of the same value).

All text is in the reader's language already. A number that is a figure of the register carries the figure's permanent id
(`trace.FigureName`), so that whoever holds the paper can ask for its cases.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell says.

    Attributes:
        text: as printed.
        value: the number behind the text, as the mart rounded it; None for text and for what is hidden.
        figure: the permanent id of the figure that the number is; empty for everything else.
    """

    text: str
    value: Decimal | None = None
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `share` is its width relative to the other columns."""

    heading: str
    is_number: bool = False
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under headings; `caption` says what they are, `note` what a reader must know about them."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One numbered ask: what, the facts (label, text) below it, the figure it is about."""

    number: int
    what: str
    facts: tuple[tuple[str, str], ...]
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its title, the line below it (unit, as-of time), and what is drawn, in Plotly's words (`data`, `layout`)."""

    title: str
    about: str
    drawn: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report. `is_page`: it begins a page of its own; `charts` are for paper, a workbook leaves them out."""

    heading: str
    sentences: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()
    tables: tuple[Table, ...] = ()
    is_page: bool = False
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report in one language.

    Attributes:
        title: on the first page and above every other one.
        language: zh or en.
        as_of: the time the data is of.
        build: the build every figure is of.
        facts: short lines below the title: period, as-of time, build, whether the data is invented.
        sections: in the order of reading.
        footer: what this is not.
        page: how a page's number is written, with {n}.
        figure: what a figure's id is called, as the heading of a workbook's column.
    """

    title: str
    language: str
    as_of: dt.datetime
    build: str
    facts: tuple[str, ...]
    sections: tuple[Section, ...]
    footer: str
    page: str
    figure: str

    def tables(self) -> Iterator[Table]:
        """Every table, in the order of reading."""
        for section in self.sections:
            yield from section.tables

    def figures(self) -> Iterator[Cell]:
        """Every cell that is a figure of the register."""
        for table in self.tables():
            for row in table.rows:
                yield from (cell for cell in row if cell.figure)


def with_ids(table: Table) -> list[int]:
    """The columns of a table that hold figures of the register."""
    return [number for number in range(len(table.columns)) if any(row[number].figure for row in table.rows)]


def headings(table: Table, figure: str) -> list[str]:
    """The headings of a table as data: its own, then one per column that holds figures, for their ids (called `figure`)."""
    own = [column.heading for column in table.columns]
    return own + [f"{own[number]} · {figure}" for number in with_ids(table)]


def ids_of(row: tuple[Cell, ...]) -> tuple[str, ...]:
    """The permanent ids of a row's figures, each once."""
    return tuple(dict.fromkeys(cell.figure for cell in row if cell.figure))


def said(ask: Ask) -> str:
    """An ask's facts in one line."""
    return "   ".join(f"{label} {text}".strip() for label, text in ask.facts)
