"""A figure's card: its value, how it changed, its last months, and what limits its use.

Belongs here: the card. Does not: which cards a board has, how a figure is said (kit.reading).
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from dashboards.kit import aims
from dashboards.kit.chance import process_limits
from dashboards.kit.markup import EMPTY, Html, anchor, chip, sparkline, tag
from dashboards.kit.named import EXPLAIN, id_of, named_link
from dashboards.kit.page import Board, has_board
from dashboards.kit.reading import Figure, monthly, ripe_values


def card(
    board: Board, figure: Figure, trends: pl.DataFrame, until: dt.date, *, usual: str, is_open: bool, area: str,
    remark: str = "",
) -> Html:  # fmt: skip
    """The card; a link that opens the figure.

    Args:
        board: the board.
        figure: the figure.
        trends: its months (monthly of kit.reading).
        until: the first day of the last month.
        usual: the kind of period that needs not be said.
        is_open: whether the figure is the one that is open.
        area: the area that the figure is of.
        remark: a sentence below.
    """
    if not figure.row["period_kind"]:
        return tag("div", tag("span", figure.name, kind="name"), tag("span", figure.why_none, kind="value none"), kind="card")
    figure_id = id_of(board, figure.row, area)
    if figure.value is None:
        value = tag("span", figure.why_none, kind="value none", data_figure=figure_id)
    else:
        value = tag("span", figure.value_text, tag("span", figure.unit_text, kind="unit"), kind="value", data_figure=figure_id)
    series = monthly(trends, figure, until)
    months, ripe = [value for _, value in series], ripe_values(figure, series, board.source.as_of.date())
    ripened = [(month, value) for (month, _), value in zip(series, ripe, strict=True)]
    aim = aims.of_last_month(figure, ripened, board.source.ask("targets", area=area, unit="month"), board.source.as_of.date())
    limits = None if figure.row["period_kind"] == "cumulative" else process_limits(ripe)
    drawn = sparkline(months, limits, board.words("trend.title", name=figure.name))
    other_period = figure.period_text if figure.row["period_kind"] != usual else ""
    notes = [tag("span", other_period)] if other_period else []
    notes += [tag("span", figure.interval_text, data_interval=figure_id)] if figure.interval_text else []
    notes += [tag("span", figure.parts_text, data_parts=figure_id)] if figure.parts_text else []
    body = (
        tag("span", figure.name, kind="name"), value, tag("span", drawn, kind="aside"), _change(figure),
        tag("span", *notes, kind="note"), *(tag("span", text, kind="note") for text in (aim, remark) if text),
    )  # fmt: skip
    view = board.view.but(figure=figure.id, cut=cut_of(figure), case="", page=1)
    caveat = board.words.pick(figure.row, "caveat")
    shown = anchor(view, *body, kind="card open" if is_open else "card", title=caveat)
    if not has_board(board, EXPLAIN):
        return shown
    whence = named_link(board, figure_id, board.words("named.why_this"), kind="whence", title=figure_id)
    return tag("div", shown, whence, kind="whole")  # beside the card, not in it: a link holds no link


def cut_of(figure: Figure) -> str:
    """The part of the address that says which part of a figure it is; empty for a whole one."""
    return "" if figure.slice_kind == "all" else f"{figure.slice_kind}.{figure.slice_code}"


def _change(figure: Figure) -> Html:
    size = tag("span", f"{figure.arrow} {figure.change_text}".strip(), kind="size") if figure.change_text else EMPTY
    meaning = chip(figure.meaning_text, figure.tone) if figure.meaning_text else EMPTY
    return tag("span", size, meaning, tag("span", figure.earlier_text, kind="muted small"), kind="change")
