"""Scores, a part of the data quality board: how good each feed's data is, in five dimensions, and how that moved.

Belongs here: the newest complete month of each feed beside its months before, what later runs saw differently; the month that
is not over by itself. Does not:
working scores out (quality.scorecard); adding dimensions up: no figure says how good data is "in all".
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from dashboards.boards.dirt import months_shown, months_with_files, open_head
from dashboards.kit.chance import whole
from dashboards.kit.filters import View
from dashboards.kit.markup import EMPTY, Column, Html, anchor, chip, sparkline, table, tag
from dashboards.kit.menu import BOARDS
from dashboards.kit.page import Board, has_board
from dashboards.kit.words import NOTHING


def scores(board: Board, feeds: list[dict[str, Any]]) -> Html:
    """The scorecard, what moved, then the month that is not over."""
    words = board.words
    months, begun = months_with_files(board)
    shown, told = tag("h2", words("quality.scores")), _dimensions(board, begun or months_shown(board)[-1])
    found = _found(board, months[0], months[-1]) if months else pl.DataFrame()
    if not found.is_empty():
        note = words("quality.scores_note", month=words.month(months[-1]))
        shown += tag("p", note, kind="muted small") + _table(board, feeds, found, told, months)
    elif begun:
        shown += tag("p", words("quality.no_full_month"), kind="muted")
    running = _found(board, begun, begun) if begun else pl.DataFrame()
    if begun and not running.is_empty():
        shown += open_head(board, begun) + _table(board, feeds, running, told, [])
    if found.is_empty() and running.is_empty():
        return tag("h2", words("quality.scores")) + tag("p", words("quality.scores_none"), kind="muted")
    formulas = tag(
        "ul", *[tag("li", tag("b", words.pick(one, "name")), " ", _formula(board, one)) for one in told], kind="small muted"
    )
    opened = EMPTY
    if has_board(board, "returned"):
        view = View(language=board.view.language)
        opened = tag("p", anchor(view, words("quality.scores_list"), page=BOARDS["returned"]), kind="small")
    return shown + opened + formulas + (_moved(board, found, feeds, told) if not found.is_empty() else EMPTY)


def _found(board: Board, first: dt.date, last: dt.date) -> pl.DataFrame:
    return board.source.ask("quality__scores", first=first, month_end=last)


def _dimensions(board: Board, month: dt.date) -> list[dict[str, Any]]:
    return board.source.ask("quality__dimensions", month_end=month).rows(named=True)


def _table(
    board: Board, feeds: list[dict[str, Any]], found: pl.DataFrame, told: list[dict[str, Any]], months: list[dt.date]
) -> Html:
    """One line per feed that has a score; with the months before where `months` names them."""
    words = board.words
    columns = [Column(words("column.feed"))]
    columns += [Column(words.pick(one, "name"), hint=_formula(board, one)) for one in told]
    columns += [Column(words("column.second_count"))]
    lines = [_line(board, feed, found.filter(pl.col("feed") == feed["feed"]), told, months) for feed in feeds]
    return table(columns, [line for line in lines if line])


def _formula(board: Board, dimension: dict[str, Any]) -> str:
    pick = board.words.pick
    return board.words(
        "quality.formula", what=pick(dimension, "definition"), num=pick(dimension, "num"), den=pick(dimension, "den")
    )


def _line(
    board: Board, feed: dict[str, Any], own: pl.DataFrame, dimensions: list[dict[str, Any]], months: list[dt.date]
) -> list[object]:
    if own.is_empty():
        return []
    cells = [_cell(board, own.filter(pl.col("dimension") == one["dimension"]), months) for one in dimensions]
    judged = own.filter(pl.col("gx_evaluated_n") + pl.col("gx_error_n") > 0)
    differ = judged.filter((pl.col("gx_failed_n") != pl.col("den") - pl.col("num")) | (pl.col("gx_error_n") > 0)).height
    second = chip(board.words("quality.second_differ"), "alert") if differ else chip(board.words("quality.second_same"), "better")
    if judged.is_empty():
        second = chip(board.words("quality.second_none"))
    return [tag("b", board.words.pick(feed, "title"), title=feed["feed"]), *cells, second]


def _cell(board: Board, own: pl.DataFrame, months: list[dt.date]) -> Html:
    """The newest month that has a score, what it is made of, and the months before where there are any to show."""
    if own.is_empty():
        return tag("span", NOTHING, kind="muted")
    by_month = {row["month"]: 100 * row["num"] / row["den"] for row in own.rows(named=True)}
    last = own.row(-1, named=True)
    values = [by_month.get(month) for month in months]
    parts = board.words("quality.score_of", num=board.words.number(last["num"]), den=board.words.number(last["den"]))
    shown = tag("div", board.words.percent(by_month[last["month"]], 2), kind="nowrap", title=parts)
    return shown + sparkline(values, None, parts)


def _moved(board: Board, found: pl.DataFrame, feeds: list[dict[str, Any]], dimensions: list[dict[str, Any]]) -> Html:
    """Months whose score a later run saw differently: late files, replaced files, rows mended."""
    words = board.words
    head = tag("h3", words("quality.moved"))
    moved = found.filter(pl.col("seen_before").is_not_null()).sort("seen_at", "month", descending=True)
    if moved.is_empty():
        return head + tag("p", words("quality.moved_none"), kind="muted")
    names = {feed["feed"]: words.pick(feed, "title") for feed in feeds}
    called = {one["dimension"]: words.pick(one, "name") for one in dimensions}
    lines = [
        [names.get(row["feed"], row["feed"]), words.month(row["month"]), called.get(row["dimension"], row["dimension"]),
         _was(board, row["num_before"], row["den_before"]), _was(board, row["num"], row["den"]), words.moment(row["seen_at"])]
        for row in moved.rows(named=True)[: 3 * whole("reasons_shown")]
    ]  # fmt: skip
    titles = ("feed", "month", "dimension", "score_before", "score_now", "seen")
    numeric = {"score_before", "score_now"}
    return head + table([Column(words(f"column.{title}"), is_number=title in numeric) for title in titles], lines)


def _was(board: Board, num: int, den: int) -> str:
    words = board.words
    return f"{words.percent(100 * num / den, 2) if den else NOTHING} ({words.number(num)} / {words.number(den)})"
