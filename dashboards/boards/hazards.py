"""Hazards: are hazards cleared by their deadline, and which major ones are still open?

Belongs here: which figures this board has, its answer. Does not: the layout (field), what was due (due). Finding more hazards
is no worse safety: how many are found is context.
"""

from __future__ import annotations

import streamlit as st

from dashboards.boards import due, field, field_slices, flow
from dashboards.boards.field import Domain, Looked
from dashboards.kit.markup import tag
from dashboards.kit.page import Board, draw, put

HAZARDS = Domain(
    kinds=("hazard",),
    groups={
        "due": ("M26", "M27", "M12c/event_kind/hazard"),
        "quality": ("M17/event_kind/hazard", "M43/feed/hazard"),
    },
    context={"flow": flow.items("hazard")},
    opened="M26",
)


def show(board: Board) -> None:
    """The page."""
    words = board.words
    field.show(
        board,
        HAZARDS,
        title=lambda area: words("title.hazards", area=area),
        lead=lead,
        note=words("hazards.note"),
        special=special,
    )


def lead(looked: Looked) -> list[str]:
    """The answer: what was due to be cleared and was, what major ones are open."""
    words, cleared = looked.board.words, looked.figure("M26")
    said = []
    if cleared.value is not None:
        num, den = int(cleared.row["num"]), int(cleared.row["den"])
        counts = {"due": words.number(den), "cleared": words.number(num), "left": words.number(den - num)}
        said.append(words("hazards.lead_due", period=cleared.period_text, share=cleared.value_text, **counts))
    return [*said, looked.say("hazards.lead_major", major="M27")]


def special(looked: Looked) -> None:
    """What was due to be cleared by month; major hazards by age; then what is found and closed."""
    board = looked.board
    put(tag("h2", board.words("hazards.due_heading")) + tag("p", board.words("hazards.due_note"), kind="muted small"), "due")
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw(due.by_month(looked, closed="M26"), "due_months")
    with right:
        draw(field_slices.cut_chart(board, looked.place, looked.figure("M27"), "age_band"), "major")
    draw(flow.chart(looked, "hazard"), "flow")
