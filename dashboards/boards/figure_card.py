"""A figure's card: its value, how it changed, its last months, and what limits its use.

Belongs here: the card. Does not: which cards a board has, how a figure is said (kit.reading).
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from dashboards.kit.areas import code_of
from dashboards.kit.chance import process_limits
from dashboards.kit.markup import EMPTY, Html, anchor, chip, sparkline, tag
from dashboards.kit.named import EXPLAIN, explain_link
from dashboards.kit.naming import id_of
from dashboards.kit.page import Board, has_board
from dashboards.kit.reading import Figure, monthly


def card(
    board: Board, figure: Figure, trends: pl.DataFrame, until: dt.date, *, usual: str, is_open: bool, remark: str = "",
    area: str = "",
) -> Html:  # fmt: skip
    """The card; a link that opens the figure.

    Args:
        board: the board.
        figure: the figure.
        trends: its months (monthly of kit.reading).
        until: the first day of the last month.
        usual: the kind of period that needs not be said.
        is_open: whether the figure is the one that is open.
        remark: a sentence below.
        area: the area that the figure is of; with it a link opens the figure in Explain.
    """
    if not figure.row["period_kind"]:
        return tag("div", tag("span", figure.name, kind="name"), tag("span", figure.why_none, kind="value none"), kind="card")
    if figure.value is None:
        value = tag("span", figure.why_none, kind="value none")
    else:
        value = tag("span", figure.value_text, tag("span", figure.unit_text, kind="unit"), kind="value")
    months = [value for _, value in monthly(trends, figure, until)]
    limits = None if figure.row["period_kind"] == "cumulative" else process_limits(months)
    drawn = sparkline(months, limits, board.words("trend.title", name=figure.name))
    other_period = figure.period_text if figure.row["period_kind"] != usual else ""
    notes = [tag("span", text) for text in (other_period, figure.interval_text, figure.parts_text) if text]
    named = tag("span", figure.name, kind="name", data_figure=id_of(figure.row, area or code_of(board), board.source.build_id))
    body = (
        named, value, tag("span", drawn, kind="aside"), _change(figure),
        tag("span", *notes, kind="note"), tag("span", remark, kind="note") if remark else EMPTY,
    )  # fmt: skip
    view = board.view.but(figure=figure.id, cut=cut_of(figure), case="", page=1)
    caveat = board.words.pick(figure.row, "caveat")
    shown = anchor(view, *body, kind="card open" if is_open else "card", title=caveat)
    if not area or not has_board(board, EXPLAIN):
        return shown
    cut = {"slice_kind": figure.slice_kind, "slice_code": figure.slice_code}
    whence = explain_link(board, figure.row, area, board.words("named.why_this"), **cut, kind="whence")
    return tag("div", shown, whence, kind="whole")  # beside the card, not in it: a link holds no link


def cut_of(figure: Figure) -> str:
    """The part of the address that says which part of a figure it is; empty for a whole one."""
    return "" if figure.slice_kind == "all" else f"{figure.slice_kind}.{figure.slice_code}"


def _change(figure: Figure) -> Html:
    size = tag("span", f"{figure.arrow} {figure.change_text}".strip(), kind="size") if figure.change_text else EMPTY
    meaning = chip(figure.meaning_text, figure.tone) if figure.meaning_text else EMPTY
    return tag("span", size, meaning, tag("span", figure.earlier_text, kind="muted small"), kind="change")
