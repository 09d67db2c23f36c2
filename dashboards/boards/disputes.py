"""Disputes: where do disputes come from, are they settled, and what follows where they are not?

Belongs here: which figures this board has, its answer, what cases say of each other. Does not: the layout (field). Only what
cases declare by number ties them together so far: a referral that nobody wrote down is not there. Counts of kinds of matter
alone, and none of few: a chain of cases is a family's or neighbours' trouble. And in one area and over calendar years only:
of parts that are shown beside their whole a hidden one would be the difference.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import streamlit as st

from dashboards.boards import field, field_slices, flow
from dashboards.boards.field import Domain, Looked
from dashboards.kit import charts
from dashboards.kit.areas import top_of
from dashboards.kit.chance import whole
from dashboards.kit.markup import anchor, tag
from dashboards.kit.page import Board, draw, put
from dashboards.kit.periods import Period

DISPUTES = Domain(
    kinds=("mediation", "labour_arbitration", "grid_event"),
    groups={
        "mediation": ("M12", "M13", "M13b"),
        "after": ("M25", "M14", "M15"),
    },
    context={
        "found": ("M06", "M07", "M11", "M46"),
        "flow": flow.items("mediation"),
    },
    opened="M12",
)
#: Kinds of link of which one case is the next step of another, and of which both are the same matter or repeat it.
STEPS, SAME = ("referral", "chain_next"), ("declared_merge", "same_matter", "repeat")


def show(board: Board) -> None:
    """The page."""
    words = board.words
    field.show(
        board, DISPUTES, title=lambda area: words("title.disputes", area=area), lead=lead, note=words("disputes.note"),
        special=special,
    )  # fmt: skip


def lead(looked: Looked) -> list[str]:
    """The answer: found, settled, kept to, and what followed where they were not settled."""
    return [
        looked.say("disputes.lead_found", found="M06", accepted="M11"),
        looked.say("disputes.lead_agreed", agreed="M12"),
        looked.say("disputes.lead_kept", kept="M13", every="M13b"),
        looked.say("disputes.lead_after", lost="M25", sued="M14"),
    ]


def special(looked: Looked) -> None:
    """Where disputes come to notice, who refers them and how these end; what cases say of each other."""
    board = looked.board
    put(tag("h2", board.words("disputes.sources")), "sources")
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw(field_slices.cut_chart(board, looked.place, looked.figure("M06"), "event_kind"), "sources")
    with right:
        draw(field_slices.cut_chart(board, looked.place, looked.figure("M12"), "channel"), "referred")
    heading = tag("h2", board.words("disputes.links"))
    rows = linked(board, looked.place.code, looked.place.root, looked.period)
    if rows is None:
        way = anchor(board.view.but(area="", case="", page=1), board.words("disputes.links_whole"))
        put(heading + tag("p", board.words("disputes.links_not_here"), " ", way, kind="muted"), "links")
        return
    first, last = year_of(looked.period)
    span, least = board.words.span(first, last), board.words.number(whole("chains_least"))
    put(heading + tag("p", board.words("disputes.links_note", span=span, least=least), kind="muted small"), "links")
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw(links(board, "steps", [row for row in rows if row["link_kind"] in STEPS]), "steps")
    with right:
        draw(links(board, "same", [row for row in rows if row["link_kind"] in SAME]), "same")


def year_of(period: Period) -> tuple[dt.date, dt.date]:
    """The calendar year a period lies in, up to today: years never share a day, and no part of one is shown."""
    first = period.days[0].replace(month=1, day=1)
    return first, min(first.replace(month=12, day=31), period.today)


def linked(board: Board, area: str, root: str, period: Period) -> list[dict[str, Any]] | None:
    """How many cases name another one, by kind of link and kinds of matter, over the whole of the period's year.

    Only in the widest area the reader may see; elsewhere None: it is not told.
    """
    if area != top_of(board):
        return None
    first, last = year_of(period)
    where = {"area": area, "root": root, "first": first, "last": last, "least": whole("chains_least")}
    return [dict(row) for row in board.source.ask("disputes__links", **where).rows(named=True)]


def links(board: Board, name: str, rows: list[dict[str, Any]]) -> charts.Chart:
    """Bars: how many cases name another one, by kind of link and kinds of matter."""
    words = board.words
    caption = charts.Caption(words(f"disputes.{name}"), words("unit.cases"), board.as_of, words("disputes.links_empty"))
    labels = [
        words(f"link.{row['link_kind']}", earlier=board.kind(row["earlier_kind"]), later=board.kind(row["later_kind"]))
        for row in rows
    ]
    counts = [int(row["cases_n"]) for row in rows]
    hover = [words("disputes.links_hover", what=label, n=words.number(n)) for label, n in zip(labels, counts, strict=True)]
    segment = charts.Segment(words("disputes.links_cases"), counts, hover, charts.PALETTE["accent"])
    return charts.stacked(caption, labels, [segment], ends=[words.number(count) for count in counts])
