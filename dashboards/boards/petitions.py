"""Petitions and hotline: are residents answered, and is it solved?

Belongs here: which figures this board has, its answer, the rates beside what flatters them. Does not: the layout (field).
Petitions are counted in matters, batches and person-times, which are never added; how many come is context, no goal.
"""

from __future__ import annotations

import streamlit as st

from dashboards.boards import field, field_slices
from dashboards.boards.field import Domain, Looked
from dashboards.kit import breakdown, charts
from dashboards.kit.markup import tag
from dashboards.kit.named import Shown
from dashboards.kit.page import Board, draw, put

#: As residents said on the telephone, and how many could be asked at all; then what petitioners rated, counted both ways.
RATES = ("M36", "M37", "M38", "M36b", "M29", "M29b")
PETITIONS = Domain(
    kinds=("petition", "hotline_order"),
    groups={
        "rates": ("M36", "M37", "M38"),
        "behind": ("M36b", "M39", "M39b"),
        "satisfaction": ("M29", "M29b", "M08/event_kind/petition"),
        "repeats": ("M28a", "M28b", "M47"),
        "in_time": ("M19/feed/petition", "M19/feed/hotline_order", "M44/event_kind/petition", "M44/event_kind/hotline_order"),
    },
    context={
        "petitions": ("M05", "M05d", "M05e", "M05b", "M05f", "M05g", "M05c"),
        "requests": ("V13", "V14", "V15", "V11", "V12"),
    },
    opened="M37",
)  # fmt: skip


def show(board: Board) -> None:
    """The page."""
    words = board.words
    field.show(
        board, PETITIONS, title=lambda area: words("title.petitions", area=area), lead=lead, note=words("petitions.note"),
        special=special,
    )  # fmt: skip


def lead(looked: Looked) -> list[str]:
    """The answer: what residents said, what was left out of it, what comes again, what is late."""
    return [
        looked.say("petitions.lead_rates", response="M36", resolution="M37", satisfaction="M38", answered="M36b"),
        looked.say("petitions.lead_variants", official="M29", strict="M29b"),
        looked.say("petitions.lead_exempted", share="M39"),
        looked.say("petitions.lead_repeats", share="M28a"),
        looked.say("petitions.lead_late", petitions="M44/event_kind/petition", orders="M44/event_kind/hotline_order"),
    ]


def special(looked: Looked) -> None:
    """The rates in one picture, with the exempted beside them; then by which channels residents come."""
    board = looked.board
    put(
        tag("h2", board.words("petitions.rates_heading")) + tag("p", board.words("petitions.rates_note"), kind="muted small"),
        "rates",
    )
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw(rates(looked), "rates")
    with right:
        draw(field_slices.cut_chart(board, looked.place, looked.figure("M39b"), "exempt_reason"), "exempted")
    put(tag("h2", board.words("petitions.channels_heading")), "channels")
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw(field_slices.cut_chart(board, looked.place, looked.figure("V11"), "channel"), "channels")
    with right:
        draw(field_slices.cut_chart(board, looked.place, looked.figure("M05"), "received_level"), "received_level")


def rates(looked: Looked) -> charts.Chart:
    """The rates with their intervals, and each a year before."""
    board = looked.board
    words = board.words
    shown = [looked.figure(item) for item in RATES if looked.figure(item).value is not None]
    rows = [
        field_slices.row_of(
            figure.name, figure, "", field_slices.said_of(board, figure.name, figure),
            Shown(board, figure, looked.place.code).ids,
        )
        for figure in shown
    ]  # fmt: skip
    period = shown[0].period_text if shown else ""
    unit = words("field.unit_in", unit="%", period=period)
    caption = charts.Caption(words("petitions.rates_title"), unit, board.as_of, words("petitions.rates_empty"))
    names = {"now": words("areas.now"), "before": words("areas.before"), "whole": words("field.whole")}
    return breakdown.intervals(caption, rows, average=None, is_share=True, names=names)
