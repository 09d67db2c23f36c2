"""The days of the last year: how many events were reported on each, as a field of squares.

Belongs here: the choice of a kind, the field, the sentence above it. Does not: drawing it (kit.calendar), what a
workday is (the calendar seed).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import streamlit as st

from dashboards.kit import calendar, filters
from dashboards.kit.areas import Place
from dashboards.kit.charts import edges
from dashboards.kit.markup import Html, tag
from dashboards.kit.page import Board, put
from dashboards.kit.words import Words

#: A year of whole weeks, Monday to Sunday.
WEEKS = 53
KINDS_OF_DAY = ("workday", "weekend", "holiday")


def show(board: Board, place: Place) -> None:
    """The heading, the select box, the field."""
    words = board.words
    kinds = board.source.ask("kinds")["event_kind"].to_list()
    put(tag("h2", words("days.heading")), "days_head")
    left, _ = st.columns([1, 2.2])
    with left:
        filters.choose(
            words("filter.kind"), ["", *kinds], board.view, "kind",
            written=lambda kind: board.kind(kind) if kind else words("filter.all_kinds"),
        )  # fmt: skip
    last = board.source.as_of.date()
    first = last - dt.timedelta(days=last.weekday() + 7 * (WEEKS - 1))
    rows = board.source.ask("trends__days", area=place.code, kind=board.view.kind, first=first, last=last).rows(named=True)
    put(field(board, place, rows), "days")


def field(board: Board, place: Place, rows: Sequence[dict[str, Any]]) -> Html:
    """The title, what it says, the squares, the colours; a sentence where the mart has no days here."""
    words = board.words
    title = words(
        "days.title", kind=board.kind(board.view.kind) if board.view.kind else words("filter.all_kinds"), area=place.name
    )
    top = tag("p", tag("b", title), tag("br"), tag("span", f"{words('days.unit')} · {board.as_of}", kind="muted small"))
    known = [row["events_n"] for row in rows if row["events_n"] is not None]
    if not known or not any(known):
        hidden = any(row["is_hidden"] for row in rows)
        return top + tag("p", words("days.hidden" if hidden else "days.empty", area=place.name), kind="muted")
    days = [
        calendar.Day(row["date_day"], row["events_n"], row["day_type"] == "holiday", _hover(words, row)) for row in rows
    ]  # fmt: skip
    drawn = calendar.calendar(
        days, label=title, months=[words(f"month.{number}") for number in range(1, 13)],
        weekdays=[words(f"weekday.{number}") for number in range(1, 8)],
    )  # fmt: skip
    keys = calendar.legend(_steps(words, known), none=words("days.none"), holiday=words("days.holiday"))
    return top + tag("p", said(words, rows)) + drawn + keys


def _steps(words: Words, known: Sequence[int]) -> list[str]:
    """What each step of colour stands for."""
    cuts = edges(known)
    ends = [min(known), *cuts, max(known) + 1]
    return [
        words("days.step", low=words.number(low), high=words.number(high - 1)) if high - 1 > low else words.number(low)
        for low, high in pairwise(ends)
    ]


def _hover(words: Words, row: dict[str, Any]) -> str:
    kind = words(f"day_type.{row['day_type']}")
    if row["is_hidden"]:
        return words("days.hover_hidden", day=words.day(row["date_day"]), kind=kind)
    return words("days.hover", day=words.day(row["date_day"]), kind=kind, n=words.number(row["events_n"]))


def said(words: Words, rows: Sequence[dict[str, Any]]) -> str:
    """Events per workday, weekend day and holiday, and the fullest day."""
    known = [row for row in rows if row["events_n"] is not None]
    parts = []
    for kind in KINDS_OF_DAY:
        of_kind = [row["events_n"] for row in known if row["day_type"] == kind]
        if of_kind:
            mean = sum(of_kind) / len(of_kind)
            parts.append(words("days.mean", kind=words(f"day_type.{kind}"), days=len(of_kind), n=words.number(mean, 1)))
    most = max(known, key=lambda row: (row["events_n"], row["date_day"]))
    full = words("days.most", day=words.day(most["date_day"]), n=words.number(most["events_n"]))
    hidden = sum(bool(row["is_hidden"]) for row in rows)
    told = [words("days.means", means=words("separator").join(parts)), full]
    return words("space").join([*told, *([words("days.some_hidden", n=hidden)] if hidden else [])])
