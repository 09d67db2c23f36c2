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
from dashboards.kit.access import Reader
from dashboards.kit.filters import View, from_params, to_params
from dashboards.kit.markup import EMPTY, anchor, html
from dashboards.kit.search import typed
from dashboards.kit.words import Words
from pipelines.core.board_options import Role


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
    "build": [{"root_code": "1"}], "kinds": [],
    "search__cases": [
        {"event_id": "e1", "source_case_no": "P1", "event_kind": "police_incident", "category_code": "2001"},
        {"event_id": "e2", "source_case_no": "P1", "event_kind": "police_incident", "category_code": "1001"},
    ], "search__places": [], "search__departments": [],
}  # fmt: skip


def board_of(role: Role = "leader", **view: Any) -> Any:
    def ask(query: str, **_: Any) -> pl.DataFrame:
        return pl.DataFrame(ROWS[query])

    source = SimpleNamespace(
        as_of=dt.datetime(2026, 6, 30, 23, 59, 59), reader=Reader(role=role), ask=ask, row=lambda query: ROWS[query][0]
    )
    return SimpleNamespace(source=source, view=View(language="en", **view), words=Words("en"), path=".", kind=str.upper)


def test_a_figure_that_overview_does_not_open_is_opened_by_the_board_about_one_figure() -> None:
    """Of the three one is on Overview; one is of a family that it does not list, one has no value there."""
    links = [link.text for link in search._figures(board_of(find="cases", area="11"))]
    assert [view_behind(link) for link in links] == [View("en", area="11", figure=row["metric_id"]) for row in ROWS["metrics"]]
    assert ["explain" in link for link in links] == [False, True, True]


def test_a_number_leads_to_its_case_in_the_build_that_was_searched_and_to_none_that_is_not_opened() -> None:
    board = board_of(find="p1", named="M05/11/ytd@20260629_kept", cut="category.2001")
    (link,) = search._cases(board)
    assert view_behind(link.text) == View("en", case="e1", build="20260629_kept")
    assert "P1 POLICE_INCIDENT" in link.text


@pytest.mark.parametrize(("role", "is_told"), [("leader", True), ("engineer", False)])
def test_who_sees_no_cases_is_not_told_that_their_numbers_are_found(role: Role, is_told: bool) -> None:
    board = board_of(role, find="P1")
    said = search.box(board).text + search.found(board).text
    assert ("case" in said.lower()) == is_told


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
