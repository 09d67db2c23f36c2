"""Courts: do cases move within their legal limits, and is the way to court and past it open?

Belongs here: which figures this board has, its answer. Does not: the layout (field). How many lawsuits are filed is context
and no goal, and never a reason to refuse a filing: measures of access stand beside it.
"""

from __future__ import annotations

import streamlit as st

from dashboards.boards import field, field_slices, flow
from dashboards.boards.field import Domain, Looked
from dashboards.kit.markup import tag
from dashboards.kit.page import Board, draw, put

COURTS = Domain(
    kinds=("court_case", "labour_arbitration"),
    groups={
        "limits": ("M44/event_kind/court_case", "M43/feed/court_case", "M43/feed/labour_arbitration"),
        "court_ways": ("M15", "M13", "M14"),
    },
    context={
        "flow": flow.items("court_case"),
        "filings": ("M03", "M04"),
    },
    opened="M03",
)


def show(board: Board) -> None:
    """The page."""
    words = board.words
    field.show(
        board, COURTS, title=lambda area: words("title.courts", area=area), lead=lead, note=words("courts.note"), special=special
    )


def lead(looked: Looked) -> list[str]:
    """The answer: what came in and was closed, what is past its limit, the other ways."""
    come, closed = flow.items("court_case")
    return [
        looked.say("courts.lead_flow", come=come, closed=closed),
        looked.say("courts.lead_late", late="M44/event_kind/court_case"),
        looked.say("courts.lead_confirmed", share="M15"),
        looked.say("courts.lead_filed", rate="M03"),
    ]


def special(looked: Looked) -> None:
    """What comes in and is closed, and what first-instance civil cases are about."""
    board = looked.board
    put(tag("h2", board.words("courts.heading")) + tag("p", board.words("courts.heading_note"), kind="muted small"), "courts")
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw(flow.chart(looked, "court_case"), "flow")
    with right:
        draw(field_slices.cut_chart(board, looked.place, looked.figure("M03"), "category"), "causes")
