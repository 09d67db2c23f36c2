"""Departments: who handles what, and in time?

Belongs here: the order of this page, its sentence on top, one figure by department. Does not: open and overdue cases by
department (departments_open), one department (department). Departments stand in the order of their own table and are judged
by limits for their size: never a league table, never a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.boards import case_trail, department, departments_open, figure_usage
from dashboards.boards.department_share import UNMAPPED, Share, ends_of, funnel_names, name_of, parts_of, side_of, standing
from dashboards.boards.field_slices import said_of
from dashboards.kit import charts, filters, periods
from dashboards.kit.areas import Place, choose_child, crumbs, place_of
from dashboards.kit.chance import against_average, reference
from dashboards.kit.markup import Column, Html, anchor, table, tag
from dashboards.kit.named import Shown
from dashboards.kit.page import Board, draw, put
from dashboards.kit.periods import Period, period_of
from dashboards.kit.reading import SHARE, Figure

#: First in the select box, in this order; the first that there is is opened.
FIRST = ("M16", "M10", "M37", "M38", "M26", "M29", "M21", "M17", "V13")


def show(board: Board) -> None:
    """The page."""
    words, place = board.words, place_of(board)
    period = period_of(board.view, board.source.as_of)
    heading = tag("h1", words("title.departments", area=place.name)) + crumbs(board, place)
    if board.view.case:
        put(heading, "title")
        case_trail.show(board)
        return
    figures = figures_of(board, place, period)
    held = departments_open.held_of(board, place, period)
    chosen = board.view.figure if board.view.figure in figures else next(iter(figures), "")
    whole, shares = figures[chosen] if chosen else (None, [])
    put(heading + tag("p", lead(board, whole, shares, held), kind="lead"), "title")
    _filters(board, place, {name: whole.name for name, (whole, _) in figures.items()}, chosen)
    if whole is None:
        put(tag("p", words("departments.none", area=place.name), kind="muted"), "none")
    else:
        _figure(board, place, whole, shares)
    departments_open.show(board, place, held)
    code = board.view.cut.removeprefix("department.") if board.view.cut.startswith("department.") else ""
    if code and chosen:
        department.show(board, place, code, chosen, figures)


def figures_of(board: Board, place: Place, period: Period) -> dict[str, tuple[Figure, list[Share]]]:
    """Every figure that the register cuts by department: the whole and each department's."""
    kind = "year_to_date" if period.is_year_to_date else "month"
    end, earlier_end = period.days[1], period.earlier_days[1]
    rows = board.source.ask(
        "departments__figures", area=place.code, period_kind=kind, period_end=end, earlier_end=earlier_end
    ).rows(named=True)  # fmt: skip
    register = {row["metric_id"]: row for row in board.source.ask("metrics").rows(named=True)}
    by_metric: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_metric.setdefault(row["metric_id"], []).append({**register[row["metric_id"]], **row, "period_kind": kind})
    order = [name for name in FIRST if name in by_metric]
    found = {}
    for name in [*order, *sorted(set(by_metric) - set(order))]:
        whole = next((row for row in by_metric[name] if row["slice_kind"] == "all"), None)
        if whole is not None:
            parts = [row for row in by_metric[name] if row["slice_kind"] == "department"]
            found[name] = (Figure(whole, board.words), _shares(board, Figure(whole, board.words), parts))
    return found


def _shares(board: Board, whole: Figure, rows: Sequence[Mapping[str, Any]]) -> list[Share]:
    shares = []
    for row in rows:
        figure, code = Figure(row, board.words), str(row["slice_code"])
        compared = figure.value is not None and whole.is_share and code != UNMAPPED
        state = against_average(figure.part(), whole.part(), is_share=True) if compared else "unknown"
        shares.append(Share(code, name_of(board, row), figure, state))
    return shares


# --- the sentence on top ----------------------------------------------------------------------------------------------


def lead(board: Board, whole: Figure | None, shares: Sequence[Share], held: Sequence[Mapping[str, Any]]) -> str:
    """The figure, who stands outside the limits for their size, how many cases are open and overdue."""
    words, parts = board.words, []
    if whole is not None:
        value = f"{whole.value_text} {whole.unit_text}".strip() if whole.value is not None else whole.why_none
        parts.append(words("departments.lead", period=whole.period_text, name=whole.name, value=value))
        compared = [share for share in shares if share.state != "unknown"]
        sides = {
            side: [share for share in compared if side_of(share.state, whole.row["direction"]) == side]
            for side in ("worse", "better", "apart")
        }
        for side, some in sides.items():
            if some:
                names = words("separator").join(f"{share.name} {share.figure.value_text}" for share in some)
                parts.append(words(f"departments.lead_{side}", total=len(compared), n=len(some), names=names))
        if compared and not any(sides.values()):
            parts.append(words("departments.lead_alike", n=len(compared)))
    if held:
        total, late = (words.number(sum(row[name] for row in held)) for name in ("open_n", "overdue_n"))
        parts.append(words("departments.lead_open", open=total, overdue=late))
    return words("space").join(parts)


def _filters(board: Board, place: Place, names: Mapping[str, str], chosen: str) -> None:
    words, info = board.words, board.source.row("build") or {}
    left, middle, right = st.columns([1.5, 1, 1])
    with left:
        if names:
            filters.choose(
                words("areas.figure"), list(names), board.view.but(figure=chosen), "figure", written=names.__getitem__,
                onward=lambda view: view.but(page=1),
            )  # fmt: skip
    with middle:
        filters.choose(
            words("filter.period"), periods.options(board.source.as_of, info["earliest"]), board.view, "period",
            written=lambda option: periods.written(option, words, board.source.as_of),
            onward=lambda view: view.but(page=1),
        )  # fmt: skip
    with right:
        choose_child(board, place)


# --- one figure by department -----------------------------------------------------------------------------------------


def _figure(board: Board, place: Place, whole: Figure, shares: Sequence[Share]) -> None:
    words = board.words
    caveat, direction = words.pick(whole.row, "caveat"), words(f"direction.{whole.row['direction']}")
    about = words("figure.about", direction=direction, caveat=caveat) if caveat else direction
    head = tag("h2", f"{whole.name} · {place.name}") + tag("p", f"{whole.period_text} · {about}", kind="muted small")
    put(head, "figure")
    figure_usage.show(board, place, whole)
    draw(funnel(board, place, whole, shares), "funnel")
    put(share_table(board, place, whole, shares), "shares")


def funnel(board: Board, place: Place, whole: Figure, shares: Sequence[Share]) -> charts.Chart:
    """Departments by their size between the limits within which chance alone would put them."""
    words = board.words
    empty = words("departments.count_empty" if whole.is_count else "departments.funnel_empty")
    caption = charts.Caption(words("departments.funnel", name=whole.name), whole.unit, board.as_of, empty)
    average = whole.part()
    if not whole.is_share or average is None:
        return charts.Chart(caption, None)
    points = [
        charts.Point(
            share.name, part, share.state, said_of(board, share.name, share.figure, share.state),
            Shown(board, share.figure, place.code).ids[0],
        )
        for share in shares
        if share.state != "unknown" and (part := share.figure.part()) is not None
    ]  # fmt: skip
    return charts.funnel(
        caption, points, average, scale=whole.scale, is_share=True, names=funnel_names(board), base=words("areas.base_cases")
    )


def share_table(board: Board, place: Place, whole: Figure, shares: Sequence[Share]) -> Html:
    """A line per department: value, parts, interval, the year before, where it stands; each leads to its own cases."""
    words = board.words
    columns = [
        Column(words("column.department")), Column(words("column.value"), is_number=True),
        Column(words("column.parts"), is_number=True), Column(words("column.low_high"), is_number=True),
        Column(words("column.earlier"), is_number=True), Column(words("column.standing")),
    ]  # fmt: skip
    lines: list[list[object]] = []
    for share in shares:
        view = board.view.but(figure=whole.id, cut=f"department.{share.code}", case="", page=1)
        cells = Shown(board, share.figure, place.code)
        lines.append(
            [anchor(view, share.name), cells.value(), cells.parts(parts_of(share.figure)), cells.interval(ends_of(share.figure)),
             cells.earlier(), standing(board, share.state, whole.row["direction"])]
        )  # fmt: skip
    limits = words.percent(reference("outer_confidence") * SHARE)
    return table(columns, lines, caption=words("departments.order", share=limits))
