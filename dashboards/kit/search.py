"""Search: one box in the head that finds a place, a department, a figure, a case by its number, or a figure by its permanent id.

Belongs here: the box, what a text may mean, the list of what was found with a link each. Does not: which rows a reader may
see (access: what is outside her scope is not found), what a board shows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboards.kit.chance import whole
from dashboards.kit.filters import NAMED, View, from_params, to_params
from dashboards.kit.markup import EMPTY, Html, anchor, join, tag
from dashboards.kit.menu import BOARDS, MENU, boards_of
from dashboards.kit.periods import period_of
from dashboards.kit.unopened import is_unopened

if TYPE_CHECKING:
    from dashboards.kit.page import Board


def box(board: Board) -> Html:
    """The form; nothing for a role without a board that it could lead to."""
    if not _home(board):
        return EMPTY
    words, find = board.words, board.view.find
    field = tag(
        "input", type="text", name_="find", value=find, placeholder=_say(board, "hint"), aria_label=_say(board, "label"),
        autocomplete="off", maxlength=str(whole("search_most")),
    )  # fmt: skip
    return tag("form", field, tag("button", words("search.go"), type="submit"), data_act="find", role="search", kind="search")


def acting(board: Board) -> Callable[[dict[str, Any]], None]:
    """Writes what was typed into the address, which is the page's only memory."""

    def act(form: dict[str, Any]) -> None:
        if form.get("form") == "find":
            st.query_params.from_dict(to_params(board.view.but(find=typed(str(form.get("find") or "")))))

    return act


def typed(text: str) -> str:
    """What is looked for, as an address can hold it: one line without blanks around it and without markup."""
    plain = "".join(letter for letter in text if letter not in "<>\"'")
    return " ".join(plain.split())[: whole("search_most")].strip()


def found(board: Board) -> Html:
    """What the text of the view means, each as a link; a sentence where it means nothing. Empty without a text."""
    words, text = board.words, board.view.find
    if not text or not _home(board):
        return EMPTY
    groups = [("figure_id", _by_id(board)), ("cases", _cases(board)), ("places", _places(board)),
              ("departments", _departments(board)), ("figures", _figures(board))]  # fmt: skip
    lines = [
        tag("li", tag("span", words(f"search.{name}"), kind="muted small"), " ", join(links, " · "))
        for name, links in groups
        if links
    ]
    close = anchor(board.view.but(find=""), words("search.close"), kind="nowrap small")
    if not lines:
        return tag("div", tag("p", _say(board, "nothing", text=text), " ", close), kind="found", role="status")
    head = tag("p", words("search.found", text=text), " ", close, kind="small")
    return tag("div", head, tag("ul", join(lines)), kind="found", role="status")


def _home(board: Board) -> str:
    """The board that a place leads to: the one at hand if it is about areas, else the reader's first that is."""
    own = boards_of(board.source.reader.role)
    of_areas = [name for name in own if MENU[name].group != "trust"]
    here = next((name for name in of_areas if BOARDS[name] == board.path), "")
    return here or (of_areas[0] if of_areas else "")


def _onward(board: Board, *, case: str = "", **parts: str) -> View:
    """Elsewhere in the build that was searched; where it was named by a figure's id, that goes and the build stays."""
    return board.view.but(find="", case=case, ticket="", page=1, named="", build=board.view.build_read, **parts)


def _by_id(board: Board) -> list[Html]:
    text = board.view.find
    if not NAMED.fullmatch(text) or "explain" not in boards_of(board.source.reader.role):
        return []
    view = from_params({**to_params(_onward(board)), "id": text}, language=board.view.language)
    return [anchor(view, text, page=BOARDS["explain"])]


def _finds_cases(board: Board) -> bool:
    reader = board.source.reader
    return reader.sees_cases and "overview" in boards_of(reader.role)


def _say(board: Board, name: str, **values: str) -> str:
    """What this box finds, in words: for some readers also cases."""
    return board.words(f"search.{name}_cases" if _finds_cases(board) else f"search.{name}", **values)


def _cases(board: Board) -> list[Html]:
    """Cases whose number is what was typed, all of it; two departments may give the same. None of a kind that is not opened."""
    if not _finds_cases(board):
        return []
    rows = board.source.ask("search__cases", text=board.view.find, most=whole("search_shown")).rows(named=True)
    return [
        anchor(_onward(board, case=row["event_id"], cut=""), f"{row['source_case_no']} {board.kind(row['event_kind'])}",
               page=BOARDS["overview"])
        for row in rows
        if not is_unopened("category", row["category_code"], board.source.as_of.date())
    ]  # fmt: skip


def _places(board: Board) -> list[Html]:
    rows = board.source.ask("search__places", text=board.view.find, most=whole("search_shown")).rows(named=True)
    page = BOARDS[_home(board)]
    return [
        tag("span", anchor(_onward(board, area=row["grid_code"], cut=""), board.words.pick(row, "name"), page=page),
            tag("span", f" {board.words.pick(row, 'within') or ''}", kind="muted small"))
        for row in rows
    ]  # fmt: skip


def _departments(board: Board) -> list[Html]:
    if "departments" not in boards_of(board.source.reader.role):
        return []
    rows = board.source.ask("search__departments", text=board.view.find, most=whole("search_shown")).rows(named=True)
    return [
        anchor(_onward(board, cut=f"department.{row['dept_id']}", figure=""), board.words.pick(row, "name"),
               page=BOARDS["departments"])
        for row in rows
    ]  # fmt: skip


def _figures(board: Board) -> list[Html]:
    """Each opened by Overview where that can, else by the board about one figure."""
    text = board.view.find.lower()
    if "overview" not in boards_of(board.source.reader.role):
        return []
    rows = [
        row for row in board.source.ask("metrics").rows(named=True)
        if text == row["metric_id"].lower() or text in row["name_zh"].lower() or text in row["name_en"].lower()
    ]  # fmt: skip
    opened = _opened(board) if rows else frozenset()
    return [
        anchor(_onward(board, figure=row["metric_id"], cut=""), f"{row['metric_id']} {board.words.pick(row, 'name')}",
               page=BOARDS["overview" if row["metric_id"] in opened else "explain"])
        for row in rows[: whole("search_shown")]
    ]  # fmt: skip


def _opened(board: Board) -> frozenset[str]:
    """The figures that Overview opens where the view looks: it opens another one in place of those that it has not there."""
    from dashboards.kit.areas import code_of  # its links need the page, and that this module

    period = period_of(board.view, board.source.as_of)
    rows = board.source.ask("overview__figures", area=code_of(board), **period.params).rows(named=True)
    return frozenset(row["metric_id"] for row in rows if row["period_kind"])
