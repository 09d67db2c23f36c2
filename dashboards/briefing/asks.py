"""Asks: what a briefing asks for, kept beside it so that the next one can say what became of each.

Belongs here: numbered asks from what needs a leader (front.needs), the kept list of the span before, its outcome in today's
figures. Does not: which needs there are (front.needs), layout. An outcome is a number or a fact of the build, never a grade.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dashboards.boards import risk
from dashboards.briefing.figures import overdue_cell, overdue_rows
from dashboards.briefing.span import Span
from dashboards.front.needs import Need, Reason
from dashboards.kit.areas import Place
from dashboards.kit.page import Board
from dashboards.kit.periods import last_complete_week
from dashboards.kit.reading import Figure
from pipelines.core.settings import Home
from pipelines.reports.report import Ask, Cell, Column, Section, Table


@dataclass(frozen=True, slots=True)
class Asked:
    """One ask as it was made: words in its language, and what it takes to ask the next build about it."""

    number: int
    what: str
    place: str
    unit: str
    due: str
    reason: Reason
    area: str
    kind: str
    metric: str
    figure: str


def asked_of(needs: Sequence[Need], due: dt.date) -> list[Asked]:
    """The needs as asks, numbered from 1, all due on one day."""
    return [
        Asked(
            number, need.what, need.place, need.unit, due.isoformat(), need.reason, need.view.area, need.view.kind,
            need.view.figure, need.figure,
        )
        for number, need in enumerate(needs, start=1)
    ]  # fmt: skip


def shown(board: Board, needs: Sequence[Need], asks: Sequence[Asked]) -> tuple[Ask, ...]:
    """The asks as the report says them."""
    words = board.words
    return tuple(
        Ask(
            ask.number, ask.what,
            tuple(
                (words(f"briefing.{label}"), text)
                for label, text in (
                    ("place", ask.place), ("unit", ask.unit), ("answer_by", words.day(dt.date.fromisoformat(ask.due))),
                    ("deadline", need.due if need.reason == "overdue" else ""), ("before", need.before),
                )
                if text
            ),
            ask.figure,
        )
        for need, ask in zip(needs, asks, strict=True)
    )  # fmt: skip


# --- kept ---------------------------------------------------------------------------------------------------------------


def folder_of(home_root: Path) -> Path:
    """Where briefings lie unless another folder is asked for."""
    return Home(home_root).reports / "briefing"


def _path(folder: Path, span: Span, area: str) -> Path:
    return folder / f"asks-{span}-{area}.json"


def keep(folder: Path, span: Span, area: str, spoken: dict[str, list[Asked]]) -> Path:
    """Write the asks of every language beside the briefing."""
    path = _path(folder, span, area)
    told = {language: [asdict(ask) for ask in asks] for language, asks in spoken.items()}
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def kept(folder: Path, span: Span, area: str, language: str) -> list[Asked] | None:
    """The asks of a span; None where none were kept in this folder, or a file that is none of ours."""
    try:
        told = json.loads(_path(folder, span, area).read_text(encoding="utf-8"))
        return [Asked(**ask) for ask in told[language]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def asked_lately(folder: Path, as_of: dt.datetime, area: str, language: str) -> tuple[Span, list[Asked]] | None:
    """The asks of the newest weekly briefing that was kept, of the last complete week or the one before."""
    span = Span("week", last_complete_week(as_of))
    for one in (span, span.before):
        if (asks := kept(folder, one, area, language)) is not None:
            return one, asks
    return None


def number_of(need: Need, asks: Sequence[Asked]) -> int | None:
    """Under which number this need was asked for; None where it was not."""
    key = (need.reason, need.view.area, need.view.kind, need.view.figure)
    return next((ask.number for ask in asks if (ask.reason, ask.area, ask.kind, ask.metric) == key), None)


# --- what became of them ------------------------------------------------------------------------------------------------


def follow_up(board: Board, place: Place, span: Span, asks: Sequence[Asked], before: Sequence[Asked] | None) -> Section:
    """One page: last time's asks and what became of them, this time's with room for an answer."""
    words = board.words
    if before is None:
        said = words("briefing.none_kept", span=span.before.written(words))
    elif not before:
        said = words("briefing.none_asked", span=span.before.written(words))
    else:
        said = words("briefing.kept", span=span.before.written(words), n=len(before))
    tables = [_before_table(board, place, span, before)] if before else []
    if asks:
        tables.append(_now_table(board, asks))
    return Section(words("briefing.follow_up"), (said,), (), tuple(tables), is_page=True)


def _columns(board: Board, last: str) -> tuple[Column, ...]:
    words = board.words
    return (
        Column(words("briefing.number"), share=0.5), Column(words("briefing.ask"), share=3),
        Column(words("briefing.unit"), share=1.5), Column(words("briefing.answer_by"), share=1.2), Column(last, share=2.5),
    )  # fmt: skip


def _before_table(board: Board, place: Place, span: Span, before: Sequence[Asked]) -> Table:
    words = board.words
    columns = _columns(board, words("briefing.outcome"))
    rows = tuple(
        (
            Cell(str(ask.number)), Cell(f"{ask.place} · {ask.what}", figure=ask.figure), Cell(ask.unit),
            Cell(words.day(dt.date.fromisoformat(ask.due))), outcome(board, place, ask),
        )
        for ask in before
    )  # fmt: skip
    return Table(words("briefing.asked_before"), columns, rows, words("briefing.asked_in", span=span.before.written(words)))


def _now_table(board: Board, asks: Sequence[Asked]) -> Table:
    words = board.words
    columns = _columns(board, words("briefing.answer"))
    rows = tuple(
        (
            Cell(str(ask.number)), Cell(f"{ask.place} · {ask.what}"), Cell(ask.unit),
            Cell(words.day(dt.date.fromisoformat(ask.due))), Cell(""),
        )
        for ask in asks
    )  # fmt: skip
    return Table(words("briefing.asked_now"), columns, rows, words("briefing.asked_now"))


def outcome(board: Board, place: Place, ask: Asked) -> Cell:
    """What this build says about an ask of the span before."""
    words = board.words
    if ask.reason == "overdue":
        return _overdue_now(board, ask)
    if ask.reason == "blocked":
        blocked = board.city.ledger_build.get("status") in ("blocked", "failed")
        return Cell(words("briefing.still_blocked" if blocked else "briefing.published"))
    if ask.reason == "unusual":
        week = last_complete_week(board.source.as_of)
        alerts = board.source.ask("risk__alerts", area=ask.area, root=place.root, week=week, kind=ask.kind).rows(named=True)
        again = any(row["grid_code"] == ask.area for row in alerts)
        return Cell(words("briefing.unusual_again" if again else "briefing.unusual_no_more"))
    worse = risk.outside_of(board, place).worse
    if any((row["grid_code"], row["metric_id"]) == (ask.area, ask.metric) for row, _, _ in worse):
        return Cell(words("briefing.still_outside"))
    why = why_not_judged(board, place, ask)
    return Cell(words("briefing.outcome_unknown", why=why) if why else words("briefing.inside"))


def why_not_judged(board: Board, place: Place, ask: Asked) -> str:
    """Why a figure that was outside its limits is not compared now; empty where it is. No figure is not a good one."""
    today = board.source.as_of.date()
    rows = board.source.ask("briefing__compared", metric=ask.metric, area=ask.area, within=place.code, today=today).rows(
        named=True
    )
    known = {row["grid_code"]: row for row in rows}
    for code in (ask.area, place.code):
        figure = Figure(known.get(code, {}), board.words)
        if code not in known or figure.value is None:
            return figure.why_none
    return "" if known[ask.area]["ci_low"] is not None else board.words("briefing.no_interval")


def _overdue_now(board: Board, ask: Asked) -> Cell:
    words = board.words
    row = next((row for row in overdue_rows(board, ask.area) if row["slice_code"] == ask.kind), None)
    if row is None:
        return Cell(words("briefing.none_overdue"))
    now = overdue_cell(board, row, ask.area)
    return Cell(words("briefing.overdue_is", n=now.text), now.value, now.figure) if now.value is not None else now
