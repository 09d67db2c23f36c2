"""Urban management: is what should be closed closed, and in time?

Belongs here: which figures this board has, its answer in counts. Does not: the layout (field), what was due (due).
"""

from __future__ import annotations

import streamlit as st

from dashboards.boards import due, field, flow
from dashboards.boards.field import Domain, Looked
from dashboards.kit.markup import tag
from dashboards.kit.page import Board, draw, put

URBAN = Domain(
    kinds=("urban_case",),
    groups={
        "due": ("M10", "M16", "M44/event_kind/urban_case"),
        "backlog": ("M10b", "M16b", "M08/event_kind/urban_case"),
        "quality": ("M42", "M41/event_kind/urban_case", "M17/event_kind/urban_case"),
        "speed": ("M48", "M48b"),
    },
    context={"flow": flow.items("urban_case")},
    opened="M16",
)


def show(board: Board) -> None:
    """The page."""
    words = board.words
    field.show(
        board, URBAN, title=lambda area: words("title.urban", area=area), lead=lead, note=words("urban.note"), special=special
    )


def lead(looked: Looked) -> list[str]:
    """The answer: what was due, what was closed, what of that in time, what is left."""
    return [
        due_sentence(looked),
        looked.say("urban.lead_backlog", closed="M10b", in_time="M16b"),
        looked.say("urban.lead_late", late="M44/event_kind/urban_case"),
    ]


def due_sentence(looked: Looked) -> str:
    """What was due and what became of it, in counts and shares; empty where the base is too small."""
    words, closed, in_time = looked.board.words, looked.figure("M10"), looked.figure("M16")
    if closed.value is None or in_time.value is None:
        return ""
    found = due.due_of((closed.row["num"], closed.row["den"]), in_time.row["num"])
    counts: dict[str, int | None] = {"due": found.total, "in_time": found.in_time, "late": found.late, "left": found.left}
    said = {name: words.number(count) for name, count in counts.items()}
    return words("urban.lead_due", period=closed.period_text, share=closed.value_text, punctual=in_time.value_text, **said)


def special(looked: Looked) -> None:
    """What was due by month and by unit."""
    words = looked.board.words
    put(tag("h2", words("due.heading")) + tag("p", words("due.note"), kind="muted small"), "due")
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw(due.by_month(looked, closed="M10", in_time="M16"), "due_months")
    with right:
        draw(due.by_part(looked, "department", closed="M10", in_time="M16"), "due_parts")
    draw(flow.chart(looked, "urban_case"), "flow")
