"""My returned rows: which rows came back to me, and how do I mend them?

Belongs here: the rows of the reader's scope that wait, the workbook to take along, the forms that bring it back. Does not:
what is on the list, taking rows (pipelines.desk, which the command calls too), what became of a form (returned_acts).

A failing cell that is personal or free text shows that it fails, not what it holds: the entries come so from the list.
"""

from __future__ import annotations

import datetime as dt

import streamlit as st

from dashboards.boards import returned_acts as acts
from dashboards.kit.chance import whole
from dashboards.kit.markup import EMPTY, Column, Html, anchor, chip, join, table, tag
from dashboards.kit.page import Board, put
from dashboards.kit.words import NOTHING
from pipelines import desk
from pipelines.core.errors import CityError
from pipelines.core.settings import speaking

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show(board: Board) -> None:
    """The page, or the sentence that says why there is none."""
    scope = acts.scope_of(board.source.reader)
    title = tag("h1", board.words("title.returned"))
    if scope.is_empty:
        put(title + tag("p", board.words("returned.no_scope"), kind="notice"), "title")
        return
    with speaking(board.view.language):
        try:
            with desk.opened(board.source.home_root) as place:
                _page(board, place, scope, title)
        except CityError as error:
            put(title + tag("p", acts.problem(board.words, error), kind="notice", role="alert"), "title")


def _page(board: Board, place: desk.Installation, scope: desk.Scope, title: Html) -> None:
    words, now = board.words, place.now()
    feeds = desk.waiting(place, scope)
    total = sum(n for _, n in feeds)
    chosen = next((one for one, _ in feeds if one.feed == board.view.feed), next((one for one, n in feeds if n), None))
    told = acts.told(board)
    if not total or chosen is None:
        put(title + tag("p", words("returned.none" if feeds else "returned.no_feed"), kind="lead") + told, "title")
        return
    rows = desk.entries(place, scope, now=now, feed=chosen.feed, rule=board.view.rule)
    lead = _lead(board, total, chosen, rows, now.date())
    put(title + tag("p", lead, kind="lead") + told + _feeds(board, feeds, chosen), "title", focus=acts.turn())
    if not rows:
        everything = anchor(board.view.but(rule="", page=1), words("returned.all_rules"))
        put(tag("p", words("returned.none_here"), " ", everything if board.view.rule else EMPTY), "entries")
        return
    opened = next((row for row in rows if board.view.ticket in (row.ticket, *row.older)), None)
    if board.view.ticket:
        put(_right(board, opened), "right", focus=board.view.ticket, act=acts.accepting(board, opened))
    _workbook(board, scope, chosen, rows)
    put(_entries(board, rows, now.date()), "entries")


def _lead(board: Board, total: int, chosen: desk.Binding, rows: list[desk.Entry], today: dt.date) -> str:
    words = board.words
    late = sum(row.due_on < today for row in rows)
    said = words("returned.lead", n=words.number(total))
    if not rows:
        return said
    name = words.pick({"title_zh": chosen.title_zh, "title_en": chosen.title_en}, "title")
    age = words.number(max(row.age_workdays for row in rows))
    here = words("returned.lead_feed", feed=name, n=words.number(len(rows)), late=words.number(late), age=age)
    return words("space").join([said, here])


def _feeds(board: Board, feeds: list[tuple[desk.Binding, int]], chosen: desk.Binding) -> Html:
    """The feeds within scope, each with what waits; the one that is shown is marked."""
    links = []
    for binding, n in feeds:
        name = board.words.pick({"title_zh": binding.title_zh, "title_en": binding.title_en}, "title")
        view = board.view.but(feed=binding.feed, rule="", ticket="", page=1)
        is_here = binding.feed == chosen.feed
        shown = f"{name} {board.words.number(n)}"
        links.append(tag("b", shown, kind="pick here") if is_here else anchor(view, shown, kind="pick") if n else EMPTY)
    rule = EMPTY
    if board.view.rule:
        everything = anchor(board.view.but(rule="", ticket="", page=1), board.words("returned.all_rules"))
        rule = tag("p", board.words("returned.one_rule"), " ", everything, kind="small muted")
    return tag("div", join([link for link in links if link.text]), kind="picks") + rule


# --- taking along and bringing back -----------------------------------------------------------------------------------


def _workbook(board: Board, scope: desk.Scope, chosen: desk.Binding, rows: list[desk.Entry]) -> None:
    """Two steps side by side: the workbook to take along, the form that brings it back."""
    words, home, rule = board.words, board.source.home_root, board.view.rule

    def made() -> bytes:
        with desk.opened(home) as place:
            return desk.workbook(desk.entries(place, scope, now=place.now(), feed=chosen.feed, rule=rule))

    left, right = st.columns(2, gap="large")
    with left:
        put(tag("h2", words("returned.step_take")) + tag("p", words("returned.take_how"), kind="muted"), "take")
        st.download_button(
            words("returned.download", n=words.number(len(rows))), made, desk.workbook_name(chosen.bureau, chosen.feed), SHEET,
            key="returned_workbook", on_click="ignore",
        )  # fmt: skip
    with right:
        form = tag(
            "form", _by(board), _file(board),
            tag("button", words("returned.upload"), type="submit", data_busy=words("returned.busy_now")),
            data_act="workbook", novalidate="novalidate", data_turn=acts.turn(),
        )  # fmt: skip
        heading = tag("h2", words("returned.step_back")) + tag("p", words("returned.back_how"), kind="muted")
        put(heading + form, "back", act=acts.bringing_back(board))


def _by(board: Board) -> Html:
    return tag("label", tag("span", board.words("returned.by")), _input("text", "by", value=acts.name_used(), autocomplete="off"))


def _file(board: Board) -> Html:
    choose = tag("span", board.words("returned.choose"), kind="button")
    return tag(
        "label", tag("span", board.words("returned.file")), choose, tag("span", "", kind="chosen"),
        _input("file", "file", accept=".xlsx", data_most=str(acts.LARGEST_BYTES)), kind="file",
    )  # fmt: skip


def _input(type_: str, name: str, **attributes: str) -> Html:
    return Html(tag("input", type=type_, name_=name, **attributes).text.removesuffix("</input>"))


# --- the rows ---------------------------------------------------------------------------------------------------------


def _entries(board: Board, rows: list[desk.Entry], today: dt.date) -> Html:
    words, most = board.words, whole("cases_per_page")
    pages = -(-len(rows) // most)
    page = min(board.view.page, pages)
    titles = ("ticket", "returned_row", "cells", "wrong", "due", "bounces", "is_right")
    lines = [_line(board, row, today) for row in rows[(page - 1) * most : page * most]]
    columns = [Column(words(f"column.{title}"), is_number=title == "bounces", is_wide=title == "wrong") for title in titles]
    return tag("h2", words("returned.rows")) + table(columns, lines) + _pager(board, page, pages)


def _line(board: Board, row: desk.Entry, today: dt.date) -> list[object]:
    words = board.words
    due = tag("span", words.day(row.due_on), kind="nowrap")
    late = tag("div", chip(words("returned.overdue"), "alert")) if row.due_on < today else EMPTY
    age = tag("div", words("returned.age", n=words.number(row.age_workdays)), kind="muted small nowrap")
    right: object = anchor(board.view.but(feed=row.feed, ticket=row.ticket), words("returned.right"), kind="nowrap")
    if row.overruled_never:
        right = tag("span", words("returned.must_mend"), kind="muted small")
    return [
        tag("code", row.ticket, kind="nowrap"), _record(board, row), _cells(board, row),
        acts.sentence(getattr(row.words, board.view.language)), due + age + late, words.number(row.bounces), right,
    ]  # fmt: skip


def _record(board: Board, row: desk.Entry) -> Html:
    """The file and record, and the key by which the bureau finds the row."""
    record = board.words("cases.record", file=row.file.rsplit("/", 1)[-1], n=row.record_no)
    keys = [tag("div", f"{header}: ", tag("b", text or NOTHING), kind="data") for header, text in row.key.items()]
    return join(keys) + tag("div", record, kind="muted small")


def _cells(board: Board, row: desk.Entry) -> Html:
    """The failing cells, as they came; a personal one by its fault alone."""
    told = []
    for cell in row.cells:
        what = tag("code", cell.text or "", kind="data")
        if cell.is_hidden or not cell.text:
            what = tag("span", board.words("returned.hidden" if cell.is_hidden else "returned.empty"), kind="muted")
        told.append(tag("div", tag("span", f"{cell.header}: ", kind="data"), what, kind="cell"))
    return join(told) if told else tag("span", NOTHING, kind="muted")


def _pager(board: Board, page: int, pages: int) -> Html:
    if pages == 1:
        return EMPTY
    words, view = board.words, board.view
    before = anchor(view.but(page=page - 1), words("cases.previous")) if page > 1 else EMPTY
    after = anchor(view.but(page=page + 1), words("cases.next")) if page < pages else EMPTY
    at = tag("span", words("cases.page", page=words.number(page), pages=words.number(pages)))
    return tag("div", before, at, after, kind="pager")


def _right(board: Board, row: desk.Entry | None) -> Html:
    """The form "the row is right" of one row, or why there is none."""
    words = board.words
    close = anchor(board.view.but(ticket=""), words("returned.close"))
    if row is None:
        return tag("p", words("returned.ticket_gone", ticket=board.view.ticket), " ", close, kind="notice")
    head = tag("p", close) + tag("h2", words("returned.right_head", ticket=row.ticket))
    facts = (
        _record(board, row) + _cells(board, row) + tag("p", acts.sentence(getattr(row.words, board.view.language)), kind="gap")
    )
    if row.overruled_never:
        return tag("div", head, facts, tag("p", words("returned.never"), kind="notice"), kind="case")
    reason = tag("label", tag("span", words("returned.reason")), tag("textarea", name_="reason", rows="3"))
    button = tag("button", words("returned.right_send"), type="submit", data_busy=words("returned.busy_now"))
    form = tag(
        "form", _by(board), reason, button, data_act="right", novalidate="novalidate", data_turn=acts.turn()
    )  # fmt: skip
    return tag("div", head, facts, tag("p", words("returned.right_how"), kind="muted gap"), form, kind="case")
