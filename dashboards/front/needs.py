"""Needs: what a leader must look at today, at most five things, the same for everyone who opens the build.

Belongs here: which things, in which order, in what words. Does not: their numbers (the register's figures, the alerts and
funnel limits of the risk board), layout (page).

Order: data that did not come out, then the cases past their deadline (each kind where most of them are), the most unusual
week, the first of the areas outside their limits as the risk board lists them. Nobody is ranked: a place is named
with what is to be done there.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from dashboards.boards import risk
from dashboards.kit.areas import Place
from dashboards.kit.chance import whole
from dashboards.kit.filters import View
from dashboards.kit.named import FigureId, id_of
from dashboards.kit.page import Board
from dashboards.kit.periods import last_complete_week

#: The register's entry that the overdue cases of this list are a figure of.
OVERDUE = "M44"
ONE_DAY = dt.timedelta(days=1)


Reason = Literal["blocked", "overdue", "unusual", "outside"]


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to do: what, where, who holds it, by when, what last week's list said; and where the boards show it.

    `reason`: which of the four kinds of need it is; `figure`: the permanent id of the number in `what`, empty where none is.
    """

    what: str
    place: str
    unit: str
    due: str
    before: str
    view: View
    page: str
    reason: Reason
    figure: str = ""


def needs_of(board: Board, place: Place) -> list[Need]:
    """At most `needs_shown` things (kit/reference.csv); empty where nothing waits."""
    found = [*_blocked(board, place), *_overdue(board, place), *_unusual(board, place), *_outside(board, place)]
    return found[: whole("needs_shown")]


def _blocked(board: Board, place: Place) -> list[Need]:
    last, words = board.city.ledger_build, board.words
    if last.get("status") not in ("blocked", "failed"):
        return []
    started = words.moment(dt.datetime.fromisoformat(str(last["started_at"])))
    what = words(f"banner.{last['status']}", started=started)
    view = View(language=board.view.language)
    return [Need(what, place.name, words("needs.data_office"), words("needs.today"), "", view, "data_quality", "blocked")]


def _senders(board: Board, kind: str) -> str:
    """Who to ask where no department leads: whoever sends cases of this kind, by the feeds' names."""
    feeds = board.source.ask("feeds").rows(named=True)
    named = board.words("separator").join(board.words.pick(row, "title") for row in feeds if row["contract"] == kind)
    return board.words("needs.sender", feeds=named)


def overdue_id(board: Board, area: str, kind: str) -> str:
    """The permanent id of the number of cases of one kind past their deadline in one area."""
    today = board.source.as_of.date()
    return FigureId(OVERDUE, "day", today, today, slice_kind="event_kind", slice_code=kind).of(area, board.source.build_id)


def _overdue(board: Board, place: Place) -> list[Need]:
    """Of each kind the area with most cases past their deadline."""
    words = board.words
    rows = board.source.ask("front__overdue", area=place.code, today=board.source.as_of.date()).rows(named=True)
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(row["event_kind"], row)
    return [
        Need(
            words("needs.overdue", kind=board.kind(kind), n=words.number(row["overdue_n"])),
            words.pick(row, "area"), words.pick(row, "department") or _senders(board, kind),
            words("needs.due_first", day=words.day(row["due_on"])),
            words("needs.was_overdue", n=words.number(row["was_overdue_n"])),
            board.view.but(area=row["grid_code"], kind=kind), "risk", "overdue", overdue_id(board, row["grid_code"], kind),
        )
        for kind, row in first.items()
    ][: whole("needs_overdue_shown")]  # fmt: skip


def _unusual(board: Board, place: Place) -> list[Need]:
    """The alert of the last complete week with most cases above its median."""
    words, week = board.words, last_complete_week(board.source.as_of)
    asked = {"area": place.code, "root": place.root, "kind": ""}
    alerts = board.source.ask("risk__alerts", week=week, **asked).rows(named=True)
    before = board.source.ask("risk__alerts", week=week - 7 * ONE_DAY, **asked).rows(named=True)
    if not alerts:
        return []
    row = alerts[0]
    again = any((old["grid_code"], old["event_kind"]) == (row["grid_code"], row["event_kind"]) for old in before)
    return [
        Need(
            words("needs.unusual", reason=words.pick(row, "reason")), words.pick(row, "name"),
            _senders(board, row["event_kind"]), words("needs.this_week"),
            words("needs.unusual_again" if again else "needs.unusual_new"),
            board.view.but(area=row["grid_code"], kind=row["event_kind"]), "risk", "unusual",
            risk.alert_id(row, week).of(row["grid_code"], board.source.build_id),
        )
    ]  # fmt: skip


def _outside(board: Board, place: Place) -> list[Need]:
    """The first of the areas that are worse than chance explains."""
    words, worse = board.words, risk.outside_of(board, place).worse
    if not worse:
        return []
    row, figure, _ = worse[0]
    shown = f"{figure.value_text} {figure.unit_text}".strip()
    what = words("needs.outside", figure=figure.name, value=shown, average=worse[0].average_text)
    return [
        Need(
            what, words.pick(row, "area"), words("needs.area_office"), words("needs.this_month"), "",
            board.view.but(area=row["grid_code"], figure=figure.id), ".", "outside",
            id_of(board, row, row["grid_code"]),
        )
    ]  # fmt: skip
