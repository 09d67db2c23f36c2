"""Areas: where does it stand out, and is it more than chance?

Belongs here: the order of this page, its sentence on top, the choice of figure, period and basis. Does not: map, funnel
and table of one figure (figure_areas), two areas side by side (areas_pair).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st

from dashboards.boards import areas_pair, figure_areas, figure_usage
from dashboards.kit import filters, periods
from dashboards.kit.areas import Place, area_name, choose_child, crumbs, place_of
from dashboards.kit.chance import State, reference
from dashboards.kit.filters import View
from dashboards.kit.markup import anchor, tag
from dashboards.kit.page import Board, put
from dashboards.kit.periods import month_end, months_before, period_of, same_day_last_year
from dashboards.kit.reading import SHARE, Figure

#: First in the select box, in this order; the first that this level has is opened.
FIRST = ("M16", "M10", "M05", "M37", "M38", "M12", "M26", "M17", "M01", "M02", "M03", "V01")
RESTATED = "restated"


class Cut(NamedTuple):
    """Which period of a figure is shown, with which end it is compared a year before, and on which map."""

    kind: str
    end: dt.date
    earlier_end: dt.date
    basis: str


def show(board: Board) -> None:
    """The page."""
    place = place_of(board)
    metrics = candidates(board, place)
    heading = tag("h1", board.words("title.areas", area=place.name)) + crumbs(board, place)
    if not metrics:
        put(
            heading + tag("p", board.words("areas.none" if place.children.is_empty() else "areas.not_given"), kind="lead"),
            "title",
        )
        choose_child(board, place)
        return
    chosen = board.view.figure if board.view.figure in metrics else next(iter(metrics))
    cut = cut_of(board, metrics[chosen])
    figure, found = figures(board, place, metrics[chosen], cut)
    compared = figure_areas.compared_of(figure, found, basis=cut.basis)
    states = compared.states
    put(heading + tag("p", lead(board, place, figure, found, states), kind="lead"), "title")
    _filters(board, place, metrics, chosen)
    _about(board, place, figure, cut)
    if not any(area.is_known for _, area in found):
        put(tag("p", board.words("areas.nothing", period=figure.period_text), kind="muted"), "areas_nothing")
        figure_areas.draw_names(board, found)
        return
    figure_areas.draw_both(board, compared)
    put(tag("p", board.words("areas.click"), kind="muted small"), "click")
    figure_areas.draw_table(board, place, compared)
    _ways_on(board, figure)
    areas_pair.show(board, place, metrics, cut, [row for row, _ in found], states, FIRST)


def candidates(board: Board, place: Place) -> dict[str, dict[str, Any]]:
    """The register's entries that are given in the areas directly inside, those of FIRST before the others."""
    levels = {str(level) for level in place.children["grid_level"].to_list()} if not place.children.is_empty() else set()
    rows = {
        row["metric_id"]: row
        for row in board.source.ask("metrics").rows(named=True)
        if levels & set(str(row["levels"]).split()) and row["family"] in ("count", "ratio", "median", "stock")
    }
    order = [name for name in FIRST if name in rows]
    return {name: rows[name] for name in [*order, *(name for name in rows if name not in order)]}


def basis_of(view: View) -> str:
    """On which areas figures stand: those of the time, or those in force."""
    return RESTATED if view.basis == RESTATED else "as_was"


def cut_of(board: Board, metric: Mapping[str, Any]) -> Cut:
    """The period of the view where the figure has it, else the nearest: a month, since ever, the day of the data."""
    period, basis = period_of(board.view, board.source.as_of), basis_of(board.view)
    kinds = str(metric["periods"]).split()
    today, month = period.today, month_end(period.month)
    if period.is_year_to_date and "year_to_date" in kinds:
        return Cut("year_to_date", today, same_day_last_year(today), basis)
    if "month" in kinds:
        return Cut("month", month, month_end(months_before(month, 12)), basis)
    end = today if period.is_year_to_date or "cumulative" not in kinds else month
    return Cut("cumulative" if "cumulative" in kinds else "day", end, same_day_last_year(end), basis)


def figures(
    board: Board, place: Place, metric: Mapping[str, Any], cut: Cut
) -> tuple[Figure, list[tuple[dict[str, Any], Figure]]]:  # fmt: skip
    """The figure of the area itself, and of every area directly inside."""
    rows = board.source.ask(
        "areas__figure", area=place.code, metric=metric["metric_id"], period_kind=cut.kind, period_end=cut.end,
        earlier_end=cut.earlier_end, basis=cut.basis,
    ).rows(named=True)  # fmt: skip
    start = next((row["period_start"] for row in rows if row["period_start"]), cut.end)
    shared = dict(metric) | {"period_kind": cut.kind, "period_start": start, "period_end": cut.end}
    made = [(row, Figure({**row, **shared}, board.words)) for row in rows]
    whole = next(
        (figure for row, figure in made if row["grid_code"] == place.code), Figure(shared | {"value": None}, board.words)
    )
    return whole, [(row, figure) for row, figure in made if row["grid_code"] != place.code]


# --- the sentence on top ----------------------------------------------------------------------------------------------


def lead(
    board: Board, place: Place, figure: Figure, found: figure_areas.Found, states: Mapping[str, State]
) -> str:  # fmt: skip
    """The figure here, and which areas lie outside their funnel limits: on the worse, on the better side."""
    words = board.words
    value = (
        f"{figure.value_text}{'' if figure.unit == '%' else ' ' + figure.unit}" if figure.value is not None else figure.why_none
    )
    parts = [words("areas.lead", period=figure.period_text, name=figure.name, area=place.name, value=value)]
    compared = [code for code, state in states.items() if state != "unknown"]
    if figure.is_count:
        parts.append(words("areas.lead_count"))
    elif not compared:
        parts.append(words("areas.lead_unknown"))
    else:
        parts += outside(board, figure, found, states, len(compared))
    return words("space").join(parts)


def outside(
    board: Board, figure: Figure, found: figure_areas.Found, states: Mapping[str, State], compared: int
) -> list[str]:  # fmt: skip
    """Sentences on the areas beyond the outer limits, in the order of their codes."""
    words = board.words
    by_side: dict[str, list[str]] = {}
    for row, area in found:
        state = states[row["grid_code"]]
        if state in ("far_above", "far_below"):
            by_side.setdefault(_side(figure, state), []).append(f"{area_name(board, row, 'area')} {area.value_text}")
    expected = words.number(compared * (1 - reference("outer_confidence")), 1)
    if not by_side:
        return [words("areas.lead_none", n=compared, share=words.percent(reference("outer_confidence") * SHARE))]
    told = [
        words(f"areas.lead_{side}", n=len(names), total=compared, names=words("comma").join(names))
        for side, names in sorted(by_side.items(), reverse=True)
    ]
    return [*told, words("areas.lead_chance", expected=expected)]


def _side(figure: Figure, state: State) -> str:
    """Worse or better for a figure that has a direction, else above or below."""
    direction = figure.row["direction"]
    if direction == "neutral":
        return "above" if state == "far_above" else "below"
    return "better" if (state == "far_above") == (direction == "higher") else "worse"


# --- what is chosen ---------------------------------------------------------------------------------------------------


def _filters(board: Board, place: Place, metrics: dict[str, dict[str, Any]], chosen: str) -> None:
    words, info = board.words, board.source.row("build") or {}
    columns = st.columns([1.5, 1, 1.3, 1])
    with columns[0]:
        filters.choose(
            words("areas.figure"), list(metrics), board.view.but(figure=chosen), "figure",
            written=lambda name: words.pick(metrics[name], "name"),
        )  # fmt: skip
    with columns[1]:
        filters.choose(
            words("filter.period"), periods.options(board.source.as_of, info["earliest"]), board.view, "period",
            written=lambda option: periods.written(option, words, board.source.as_of),
        )  # fmt: skip
    with columns[2]:
        filters.choose(
            words("areas.basis"), ["", RESTATED], board.view, "basis",
            written=lambda basis: words(f"areas.basis_{basis or 'as_was'}"),
        )  # fmt: skip
    with columns[3]:
        choose_child(board, place)


def _about(board: Board, place: Place, figure: Figure, cut: Cut) -> None:
    words = board.words
    caveat, direction = words.pick(figure.row, "caveat"), words(f"direction.{figure.row['direction']}")
    about = words("figure.about", direction=direction, caveat=caveat) if caveat else direction
    told = [figure.period_text, words(f"areas.basis_{cut.basis}_about"), about]
    head = tag("h2", f"{figure.name} · {place.name}")
    asked = period_of(board.view, board.source.as_of)
    if asked.is_year_to_date and cut.kind == "month":
        told.insert(1, words("areas.monthly_only"))
    put(head + tag("p", words("semicolon").join(told), kind="muted small"), "figure")
    figure_usage.show(board, place, figure)


def _ways_on(board: Board, figure: Figure) -> None:
    """To the cases of this figure here."""
    view = View(language=board.view.language, area=board.view.area, build=board.view.build, period=board.view.period)
    put(tag("p", anchor(view.but(figure=figure.id), board.words("areas.to_cases"), page=".")), "areas_ways")
