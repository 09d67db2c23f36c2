"""The tables of a briefing: a week against its own past, a month or the year to date against the year before, the overdue.

Belongs here: rows of figures as cells with their permanent ids, and which of them changed by more than chance. Does not:
how a figure is said (kit.reading), limits (kit.chance), asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dashboards.boards import overview
from dashboards.briefing.span import WEEK, Span
from dashboards.front.needs import OVERDUE
from dashboards.kit.areas import Place
from dashboards.kit.chance import ProcessLimits, Verdict, process_limits, whole
from dashboards.kit.named import figure_id, id_of
from dashboards.kit.page import Board
from dashboards.kit.periods import Period
from dashboards.kit.reading import SHARE, Figure
from dashboards.kit.words import NOTHING
from pipelines.reports.report import Cell, Column, Table

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of a briefing: its name, whether it differs by more than chance, its cells."""

    figure: Figure
    verdict: Verdict
    cells: tuple[Cell, ...]


def figure_cell(board: Board, figure: Figure, area: str) -> Cell:
    """The value with its unit and id; what is hidden stays so, and says why."""
    name = id_of(board, figure.row, area)
    if figure.value is None:
        return Cell(figure.why_none, None, name)
    return Cell(f"{figure.value_text} {figure.unit_text}".strip(), rounded(figure.value, figure.decimals), name)


def rounded(value: Decimal, decimals: int) -> Decimal:
    """The mart's value without the digits it does not have."""
    return value.quantize(Decimal(1).scaleb(-decimals))


# --- a week -------------------------------------------------------------------------------------------------------------


def weeks_of(board: Board, place: Place, span: Span) -> list[Line]:
    """Every figure of a week, against the weeks before it."""
    back = whole("briefing_weeks")
    rows = board.source.ask("briefing__weeks", area=place.code, week=span.first, first=span.first - back * WEEK)
    of_metric: dict[str, list[Row]] = {}
    for row in rows.rows(named=True):
        of_metric.setdefault(row["metric_id"], []).append(row)
    return [_week_line(board, place, span, known) for known in of_metric.values() if known[-1]["period_start"] == span.first]


def _week_line(board: Board, place: Place, span: Span, rows: Sequence[Row]) -> Line:
    words, now = board.words, Figure(rows[-1], board.words)
    known = {row["period_start"]: row for row in rows}
    before = Figure({**known[span.before.first]}, words) if span.before.first in known else None
    limits = process_limits(_past(now, known, span))
    verdict = _verdict(now, limits)
    usual = NOTHING
    if limits:
        most = min(limits.high, SHARE) if now.is_share else limits.high
        low, high = (words.number(end, now.decimals) for end in (limits.low, most))
        usual = words("briefing.from_to", low=low, high=f"{high}{'%' if now.unit == '%' else ''}")
    cells = (
        Cell(now.name), figure_cell(board, now, place.code), Cell(now.parts_text or NOTHING),
        figure_cell(board, before, place.code) if before else Cell(NOTHING), Cell(usual), Cell(_meaning(board, now, verdict)),
    )  # fmt: skip
    return Line(now, verdict, cells)


def _past(now: Figure, known: Mapping[Any, Row], span: Span) -> list[float | None]:
    """The weeks before, oldest first: a count without a row is 0, what is hidden is unknown."""
    begins = max(now.row["first_day"], span.first - whole("briefing_weeks") * WEEK)
    weeks = [span.first - n * WEEK for n in range(whole("briefing_weeks"), 0, -1)]
    nothing = 0.0 if now.is_count else None
    values = [known[week]["value"] if week in known else nothing for week in weeks if week >= begins]
    return [None if value is None else float(value) for value in values]


def _verdict(now: Figure, limits: ProcessLimits | None) -> Verdict:
    if limits is None or now.value is None:
        return "unknown"
    value = float(now.value)
    if not limits.is_outside(value):
        return "chance"
    return "more" if value > limits.high else "less"


def _meaning(board: Board, now: Figure, verdict: Verdict) -> str:
    words, direction = board.words, now.row["direction"]
    if verdict == "unknown":
        return words("briefing.not_judged" if now.value is None else "briefing.too_short")
    if verdict == "chance" or direction == "neutral":
        return words(f"meaning.{verdict}")
    return words("meaning.better" if (verdict == "more") == (direction == "higher") else "meaning.worse")


def week_table(board: Board, name: str, lines: Sequence[Line], caption: str = "") -> Table:
    """Figures of a week as a table."""
    words = board.words
    columns = (
        Column(words("column.figure"), share=2.6), Column(words("briefing.this_week"), is_number=True, share=1.3),
        Column(words("column.parts"), share=2.0), Column(words("briefing.week_before"), is_number=True, share=1.3),
        Column(words("briefing.usual", n=whole("briefing_weeks")), share=1.6), Column(words("briefing.meaning"), share=1.9),
    )  # fmt: skip
    return Table(name, columns, tuple(line.cells for line in lines), caption, words("briefing.week_rule"))


# --- a month, or the year to date -----------------------------------------------------------------------------------------


def year_lines(board: Board, place: Place, period: Period) -> list[Line]:
    """Every figure of a month or of the year to date, against the same period a year before."""
    found = [figure for figure in overview.figures_of(board, place, period) if figure.row["period_kind"]]
    return [Line(figure, figure.verdict, _year_cells(board, place, figure)) for figure in found]


def _year_cells(board: Board, place: Place, figure: Figure) -> tuple[Cell, ...]:
    earlier = Cell(NOTHING)
    if figure.earlier_value is not None:
        name = figure_id(figure.row).year_before.of(place.code, board.source.build_id)
        text = f"{figure.earlier_value_text} {figure.unit_text}".strip()
        earlier = Cell(text, rounded(figure.earlier_value, figure.decimals), name)
    change = f"{figure.arrow} {figure.change_text}".strip() or NOTHING
    return (
        Cell(figure.name), figure_cell(board, figure, place.code), Cell(figure.parts_text or NOTHING), earlier, Cell(change),
        Cell(figure.meaning_text or board.words("briefing.not_judged")),
    )  # fmt: skip


def year_table(board: Board, name: str, heading: str, lines: Sequence[Line], caption: str = "") -> Table:
    """Figures of a month or of the year to date as a table."""
    words = board.words
    columns = (
        Column(words("column.figure"), share=2.6), Column(heading, is_number=True, share=1.3),
        Column(words("column.parts"), share=2.0), Column(words("column.earlier"), is_number=True, share=1.3),
        Column(words("column.change"), is_number=True, share=1.6), Column(words("briefing.meaning"), share=1.9),
    )  # fmt: skip
    return Table(name, columns, tuple(line.cells for line in lines), caption, words("briefing.year_rule"))


def changed(lines: Sequence[Line]) -> list[Line]:
    """Those that differ by more than chance."""
    return [line for line in lines if line.verdict in ("more", "less")]


def compared(lines: Sequence[Line]) -> list[Line]:
    """Those of which it can be said."""
    return [line for line in lines if line.verdict != "unknown"]


# --- overdue --------------------------------------------------------------------------------------------------------------


def overdue_rows(board: Board, area: str) -> list[dict[str, Any]]:
    """Cases past their deadline at the build's day, all kinds together first; hidden numbers are None, with a reason."""
    return board.source.ask("briefing__overdue", area=area, today=board.source.as_of.date()).rows(named=True)


def overdue_cell(board: Board, row: Row, area: str) -> Cell:
    """One number of cases past their deadline."""
    register = next(one for one in board.source.ask("metrics").rows(named=True) if one["metric_id"] == OVERDUE)
    return figure_cell(board, Figure({**register, **row}, board.words), area)


def overdue_table(board: Board, area: str, rows: Sequence[Row]) -> Table:
    """Cases past their deadline, by kind."""
    words = board.words
    columns = (
        Column(words("column.kind"), share=2), Column(words("briefing.overdue_now"), is_number=True),
        Column(words("briefing.overdue_before"), is_number=True), Column(words("briefing.overdue_since"), share=1.4),
    )  # fmt: skip
    lines = tuple(
        (
            Cell(board.kind(row["slice_code"]) if row["slice_kind"] == "event_kind" else words("filter.all_kinds")),
            overdue_cell(board, row, area), Cell(words.number(row["was_overdue_n"])), Cell(words.day(row["due_on"])),
        )
        for row in rows
    )  # fmt: skip
    return Table(words("briefing.overdue_heading"), columns, lines, note=words("briefing.overdue_rule"))
