"""Downloads: the buttons that give a page to take along.

Belongs here: remembering what a page has put on the screen, the buttons. Does not: what is in the files (paper,
pipelines.reports). A file is made when its button is pressed, not before.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING

import streamlit as st

from dashboards.kit.charts import Chart
from dashboards.kit.paper import CASES, as_csv, report_of
from pipelines.core.errors import ConfigurationError
from pipelines.reports.fonts import Font, find_font
from pipelines.reports.report import Report
from pipelines.reports.report_pdf import as_pdf
from pipelines.reports.report_xlsx import as_xlsx

if TYPE_CHECKING:
    from dashboards.kit.page import Board

#: Rows of departments stand on this board; it has a workbook of its own.
WITHOUT = frozenset({"returned"})
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "zip": "application/zip",
    "pdf": "application/pdf",
}  # fmt: skip
_SHOWN: ContextVar[list[str | Chart] | None] = ContextVar("shown", default=None)


def begin() -> None:
    """From here on what is put on the page is remembered, until it is offered."""
    _SHOWN.set([])


def remember(markup: str, key: str) -> None:
    """Note what was put on the page; single cases are not."""
    shown = _SHOWN.get()
    if shown is not None and key not in CASES:
        shown.append(markup)


def remember_chart(chart: Chart) -> None:
    """Note what was drawn on the page."""
    shown = _SHOWN.get()
    if shown is not None:
        shown.append(chart)


@cache
def _font() -> Font | None:
    try:
        return find_font()
    except ConfigurationError:
        return None


def offer(board: Board) -> None:
    """The buttons, below a page that has a table or cards."""
    pieces, words = _SHOWN.get() or [], board.words
    _SHOWN.set(None)
    if board.path in WITHOUT or board.view.case or not any(_has_rows(piece) for piece in pieces):
        return
    makers: dict[str, Callable[[Report], bytes]] = {"xlsx": as_xlsx, "zip": as_csv}
    if (font := _font()) is not None:
        makers["pdf"] = lambda report: as_pdf(report, font)
    area = board.view.area or "all"
    name = f"{board.path.strip('.') or 'overview'}-{area}-{board.source.build_id}.{words.language}"
    columns = st.columns(len(makers) + 1)
    for column, (kind, make) in zip(columns, makers.items(), strict=False):
        with column:
            st.download_button(
                words(f"download.{kind}"), _made(board, pieces, make), f"{name}.{kind}", TYPES[kind], key=f"download_{kind}",
                on_click="ignore",
            )  # fmt: skip


def _has_rows(piece: str | Chart) -> bool:
    return isinstance(piece, str) and ("<table" in piece or "card" in piece)


def _made(board: Board, pieces: list[str | Chart], make: Callable[[Report], bytes]) -> Callable[[], bytes]:
    return lambda: make(report_of(board, pieces))
