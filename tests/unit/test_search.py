"""What is typed into the box of the head becomes a part of the address, whatever it is."""

from __future__ import annotations

import datetime as dt
import sys
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.kit import filters, page, search
from dashboards.kit.filters import View, from_params, to_params
from dashboards.kit.markup import EMPTY, anchor, html
from dashboards.kit.search import typed
from dashboards.kit.words import Words


@given(st.text(max_size=400))
def test_whatever_is_typed_survives_the_address(text: str) -> None:
    view = View(find=typed(text))
    assert from_params(to_params(view)) == view


def test_blanks_and_markup_are_left_out() -> None:
    assert typed("  Yunpu   District\n") == "Yunpu District"
    assert typed("<img src='x'>") == "img src=x"


# --- where it leads ---------------------------------------------------------------------------------------------------

ROWS: dict[str, list[dict[str, Any]]] = {
    "metrics": [{"metric_id": metric, "name_zh": "件", "name_en": "Cases"} for metric in ("M05", "M05c", "M32")],
    "overview__figures": [{"metric_id": "M05", "period_kind": "month"}, {"metric_id": "M32", "period_kind": None}],
    "build": [{"root_code": "1"}], "kinds": [], "search__places": [], "search__departments": [],
}  # fmt: skip


def board_of(**view: Any) -> Any:
    def ask(query: str, **_: Any) -> pl.DataFrame:
        return pl.DataFrame(ROWS[query])

    reader = SimpleNamespace(role="leader", areas=())
    source = SimpleNamespace(as_of=dt.datetime(2026, 6, 30, 23, 59, 59), reader=reader, ask=ask, row=lambda query: ROWS[query][0])
    return SimpleNamespace(source=source, view=View(language="en", **view), words=Words("en"), path=".")


def test_a_figure_that_overview_does_not_open_is_opened_by_the_board_about_one_figure() -> None:
    """Of the three one is on Overview; one is of a family that it does not list, one has no value there."""
    links = [link.text for link in search._figures(board_of(find="cases", area="11"))]
    assert [view_behind(link) for link in links] == [View("en", area="11", figure=row["metric_id"]) for row in ROWS["metrics"]]
    assert ["explain" in link for link in links] == [False, True, True]


# --- what was looked for stays here -------------------------------------------------------------------------------------


def view_behind(link: str) -> View:
    return from_params(dict(parse_qsl(urlsplit(link.split('href="')[1].split('"', maxsplit=1)[0].replace("&amp;", "&")).query)))


def test_what_was_looked_for_is_not_looked_for_where_a_link_leads() -> None:
    view = View(find="Yunpu", area="11")
    assert view_behind(anchor(view, "there").text) == View(area="11")
    assert view_behind(anchor(view, "English", is_same=True).text) == view


def test_the_other_language_keeps_what_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {}
    monkeypatch.setattr(page, "put", lambda content, key, **_: shown.update({key: html(content)}))
    monkeypatch.setattr(page, "_banner", lambda board: EMPTY)
    board = board_of(find="cases")
    board.city = SimpleNamespace(title=lambda language: "City")
    page.head(board)
    switch = next(part for part in shown["head"].split("<a ") if Words("en")("language.other") in part)
    assert view_behind(switch) == View(language="zh", find="cases")


class Address(dict[str, str]):
    """Streamlit's query parameters."""

    def from_dict(self, found: dict[str, str]) -> None:
        self.clear()
        self.update(found)


def test_a_mark_and_a_box_do_not_keep_it_either(monkeypatch: pytest.MonkeyPatch) -> None:
    streamlit = SimpleNamespace(
        query_params=Address(), selectbox=lambda *_, **__: "13", container=lambda **_: nullcontext(), rerun=lambda: None
    )
    monkeypatch.setattr(page, "st", streamlit)
    page.go_to(View(find="Yunpu", area="11"))
    assert streamlit.query_params == {"lang": "zh", "area": "11"}
    monkeypatch.setitem(sys.modules, "streamlit", streamlit)
    filters.choose("", ["12", "13"], View(find="Yunpu", area="12", page=2), "area", written=str)
    assert streamlit.query_params == {"lang": "zh", "area": "13", "page": "2"}
