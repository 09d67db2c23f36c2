"""Public safety: how soon do the police arrive, and what is registered?

Belongs here: which figures this board has, its answer. Does not: the layout (field), the days (trends_days). A call is no case
and a case no danger: calls, public-order cases and criminal cases are counted apart, and of recorded events only.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import streamlit as st

from dashboards.boards import field, field_slices, flow, trends_days
from dashboards.boards.field import Domain, Looked
from dashboards.kit.markup import tag
from dashboards.kit.page import Board, draw, put

CALLS = "police_incident"
PUBLIC_SAFETY = Domain(
    kinds=(CALLS,),
    groups={
        "arrival": ("M20",),
        "crime": ("M02", "V03", "M01"),
    },
    context={"flow": (*flow.items(CALLS), f"M06/event_kind/{CALLS}")},
    opened="M02",
)


def show(board: Board) -> None:
    """The page."""
    words = board.words
    field.show(
        board, PUBLIC_SAFETY, title=lambda area: words("title.public_safety", area=area), lead=lead,
        note=words("public_safety.note"), special=special,
    )  # fmt: skip


def lead(looked: Looked) -> list[str]:
    """The answer: arrivals, what was filed, how many calls that came from."""
    return [
        looked.say("public_safety.lead_arrival", share="M20"),
        looked.say("public_safety.lead_crime", rate="M02", violent="V03"),
        looked.say("public_safety.lead_order", rate="M01"),
        looked.say("public_safety.lead_calls", calls=f"V01/event_kind/{CALLS}"),
    ]


def special(looked: Looked) -> None:
    """What was filed and accepted by category; the calls of each day of the last year."""
    board = looked.board
    put(
        tag("h2", board.words("public_safety.heading")) + tag("p", board.words("public_safety.filed"), kind="muted small"),
        "filed",
    )
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw(field_slices.cut_chart(board, looked.place, looked.figure("M02"), "category"), "criminal")
    with right:
        draw(field_slices.cut_chart(board, looked.place, looked.figure("M01"), "category"), "order")
    last = board.source.as_of.date()
    first = last - dt.timedelta(days=last.weekday() + 7 * (trends_days.WEEKS - 1))
    rows = board.source.ask("trends__days", area=looked.place.code, kind=CALLS, first=first, last=last).rows(named=True)
    put(trends_days.field(replace(board, view=board.view.but(kind=CALLS)), looked.place, rows), "days")
