"""Two periods side by side: the headline figures of one span against another, each with whether chance explains it.

Belongs here: the choice of the two spans and their table. Does not: trends (trends), verdicts (kit.series, kit.reading).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import streamlit as st

from dashboards.kit import filters
from dashboards.kit.areas import Place
from dashboards.kit.markup import Column, Html, anchor, chip, table, tag
from dashboards.kit.named import FigureId, Shown
from dashboards.kit.page import Board, put
from dashboards.kit.series import Series, SpanFigure, figure_of
from dashboards.kit.spans import Span, span_of
from dashboards.kit.words import NOTHING


def show(board: Board, place: Place, every: dict[str, Series], names: Sequence[str]) -> None:
    """The two select boxes, what the calendar does to the comparison, the table."""
    words = board.words
    spans = longest(every)
    now, before = chosen(board, spans)
    put(tag("h2", words("pair.heading")), "pair_head")
    _choose(board, spans, now, before)
    found = board.source.ask(
        "trends__series", metrics=tuple(names), area=place.code, unit=now.unit,
        first=min(now.start, before.start, now.year_before.start), last=max(now.start, before.start),
    )  # fmt: skip
    figures = [_figure(board, every[name], found, now, before) for name in names]
    put(tag("p", _calendar(board, now, before), kind="muted small") + pair_table(board, place, figures, now, before), "pair")


def longest(every: dict[str, Series]) -> list[Span]:
    """All spans that any of the figures has, in time order."""
    return max((series.spans for series in every.values()), key=len)


def chosen(board: Board, spans: Sequence[Span]) -> tuple[Span, Span]:
    """The two spans of the address; else the last one, and the same one a year before."""
    unit = spans[-1].unit
    now = span_of(board.view.span, unit) or spans[-1]
    now = now if now in spans else spans[-1]
    before = span_of(board.view.against, unit) or now.year_before
    return now, before


def _choose(board: Board, spans: Sequence[Span], now: Span, before: Span) -> None:
    words, newest_first = board.words, list(reversed(spans))
    others = [*newest_first, *([] if before in newest_first else [before])]
    left, right, _ = st.columns([1, 1, 1.2])
    for column, part, options, span in ((left, "span", newest_first, now), (right, "against", others, before)):
        by_code = {option.code: option for option in options}
        with column:
            filters.choose(
                words(f"pair.{part}"), list(by_code), board.view.but(**{part: span.code}), part,
                written=lambda code, known=by_code: known[code].written(words),  # type: ignore[misc]
            )  # fmt: skip


def _figure(board: Board, series: Series, found: pl.DataFrame, now: Span, before: Span) -> SpanFigure:
    metric: dict[str, Any] = dict(series.newest.row)
    rows = found.filter(pl.col("metric_id") == series.newest.id).rows(named=True)
    return figure_of(metric, {row["period_start"]: row for row in rows}, now, before, board.words)


def _calendar(board: Board, now: Span, before: Span) -> str:
    """Days and workdays of both spans."""
    words = board.words
    days = board.source.row(
        "workdays", first_day=now.start, last_day=now.end, earlier_first=before.start, earlier_last=before.end
    ) or {"now_n": 0, "earlier_n": 0}  # fmt: skip
    return words(
        "pair.calendar", now=now.written(words), before=before.written(words), days=now.days, earlier_days=before.days,
        workdays=days["now_n"], earlier_workdays=days["earlier_n"],
    )  # fmt: skip


def pair_table(board: Board, place: Place, figures: Sequence[SpanFigure], now: Span, before: Span) -> Html:
    """One line per figure: both values with their parts, the change, what it means."""
    words = board.words
    columns = [
        Column(words("column.figure")), Column(now.written(words), is_number=True), Column(words("column.parts"), is_number=True),
        Column(before.written(words), is_number=True), Column(words("column.change"), is_number=True),
        Column(words("pair.meaning")),
    ]  # fmt: skip
    lines: list[list[object]] = []
    for figure in figures:
        shown = Shown(board, figure, place.code, before=FigureId(figure.id, before.unit, before.start, before.end))
        lines.append(
            [
                anchor(board.view.but(figure=figure.id), figure.name), shown.value(has_unit=True), shown.parts(_parts(figure)),
                shown.earlier(_earlier(figure)), f"{figure.arrow} {figure.change_text}".strip() or NOTHING, _meaning(figure),
            ]
        )  # fmt: skip
    return table(columns, lines, caption=words("pair.note"))


def _parts(figure: SpanFigure) -> str:
    if not figure.parts_text:
        return NOTHING
    number, num, den = figure.words.number, int(figure.row["num"]), int(figure.row["den"])
    return number(den) if figure.row["family"] == "median" else f"{number(num)} / {number(den)}"


def _earlier(figure: SpanFigure) -> object:
    if figure.earlier_value is None and figure.row.get("earlier_reason"):
        words, reason = figure.words, f"reason.{figure.row['earlier_reason']}"
        least = words.number(int(figure.row.get("min_denominator") or 0))
        return tag("span", words(reason if words.has(reason) else "reason.none", least=least), kind="muted small")
    return figure.earlier_value_text


def _meaning(figure: SpanFigure) -> object:
    if not figure.meaning_text:
        return tag("span", figure.words("pair.not_judged" if figure.change_text else "pair.no_pair"), kind="muted small")
    return chip(figure.meaning_text, figure.tone)
