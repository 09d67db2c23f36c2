"""The boards without a server: what each puts on its page for a reader, as markup and charts.

Everything but the drawing on a screen is the real thing: the board's own function, the reader's scope, the published build.
"""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.kit import data, downloads, page
from dashboards.kit.access import Reader
from dashboards.kit.charts import Chart
from dashboards.kit.city import read_city
from dashboards.kit.filters import View
from dashboards.kit.menu import BOARDS
from dashboards.kit.page import Board
from dashboards.kit.words import Language, Words
from pipelines.core.warehouse import current_manifest
from tests.browser.numbers import Shown

#: The build that `with_earlier` puts before a home's own.
EARLIER = "20200101_earlier"
SECONDS = 300
WHATS = ("figure", "parts", "interval")


def with_earlier(tiny: Path, root: Path) -> Path:
    """What boards read of a home, copied, with an earlier build to compare with: the same under another name."""
    for name in ("published", "state"):
        shutil.copytree(tiny / name, root / name)
    manifest = current_manifest(root)
    file = f"{EARLIER}.duckdb"
    shutil.copyfile(root / "published" / manifest["file"], root / "published" / file)
    earlier = {**manifest, "build": EARLIER, "file": file, "published_at": "2020-01-01T00:00:00"}
    (root / "published" / f"{EARLIER}.json").write_text(json.dumps(earlier), encoding="utf-8")
    return root


def _script(home: str, name: str, params: dict[str, str], scope: dict[str, object]) -> None:
    """One board as the program shows it to a reader of this scope."""
    from importlib import import_module
    from pathlib import Path

    from dashboards.kit import data, page
    from dashboards.kit.access import Reader
    from dashboards.kit.city import read_city
    from dashboards.kit.filters import from_params
    from dashboards.kit.menu import BOARDS
    from dashboards.kit.words import Words

    view = from_params(params)
    reader = Reader(**scope)  # type: ignore[arg-type]
    source = data.open_source(Path(home), reader, build=view.build_read)
    board = page.Board(source, view, Words(view.language), read_city(Path(home)), BOARDS[name])
    page.whole_page(board, import_module(f"dashboards.boards.{name}").show)


def session_of(home: Path, name: str, params: dict[str, str], reader: Reader) -> AppTest:
    """A reader's session in which a page was made."""
    given = (str(home), name, {"lang": "zh", **params}, asdict(reader))
    return AppTest.from_function(_script, default_timeout=SECONDS, args=given).run()


def said_by(home: Path, name: str, params: dict[str, str], reader: Reader) -> str:
    """All that a page says to a reader: its markup, its charts, its boxes; lists of single cases too."""
    return said_in(session_of(home, name, params, reader))


def said_in(app: AppTest) -> str:
    """The same of the page that a session shows."""
    assert not app.exception, app.exception
    parts = []
    for element in app.main:
        proto = getattr(element, "proto", None)
        told = getattr(proto, "json", "") or getattr(getattr(proto, "figure", None), "spec", "") or getattr(proto, "spec", "")
        parts.append(json.dumps(json.loads(told), ensure_ascii=False) if told else str(getattr(proto, "options", "")))
    text = "\n".join(parts)
    assert 'class="footer"' in text.replace("\\", "") or "范围内没有" in text, (
        "the page is whole, or says that she may not see it"
    )
    assert "出了错" not in text
    return text


def off_screen(patch: pytest.MonkeyPatch) -> None:
    """Streamlit draws nothing; what a select box would give is its first choice."""
    patch.setattr(page, "_component", lambda: lambda **given: None)
    patch.setattr(st, "plotly_chart", lambda *given, **more: None)


def board_of(home: Path, name: str, reader: Reader, language: Language, **view: Any) -> Board:
    """A board as a reader opens it."""
    source = data.open_source(home, reader)
    return Board(source, View(language, **view), Words(language), read_city(home), BOARDS[name])


def pieces_of(name: str, board: Board) -> list[str | Chart]:
    """What a board puts on its page, head included; lists of single cases are left out."""
    downloads.begin()
    page.head(board)
    importlib.import_module(f"dashboards.boards.{name}").show(board)
    found = list(downloads._SHOWN.get() or [])
    downloads._SHOWN.set(None)
    return found


class _Marked(HTMLParser):
    """The elements that carry a figure's id, with their text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[list[str]] = []
        self._open: list[tuple[str, list[int]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        own = []
        for what in WHATS:
            if f"data-{what}" in given:
                own.append(len(self.found))
                self.found.append([what, given[f"data-{what}"], "", ""])
        if tag not in ("br", "hr", "img", "input"):
            self._open.append((tag, own))
        for _, marks in self._open:
            for mark in marks:
                self.found[mark][3] = self.found[mark][3] or given.get("title", "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Drawings close themselves."""

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, marks in self._open:
            for mark in marks:
                self.found[mark][2] += data


def shown_in(pieces: list[str | Chart]) -> Iterator[Shown]:
    """All that markup and charts show of figures."""
    marked = _Marked()
    marked.feed("".join(piece for piece in pieces if isinstance(piece, str)))
    for what, figure, text, title in marked.found:
        yield Shown(what, figure, text.strip() or title)
    for chart in (piece for piece in pieces if not isinstance(piece, str)):
        for trace in chart.figure.data if chart.figure else ():
            points = zip(trace.ids, trace[trace.meta], strict=True) if trace.ids is not None else ()
            yield from (Shown("point", name, str(value)) for name, value in points if name and value is not None)
