"""One figure, opened: its trend, the areas within against the average, and the cases behind it.

Belongs here: what is drawn for the chosen figure and in which order. Does not: the overview's cards, one case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import streamlit as st

from dashboards.boards import case_list, figure_usage
from dashboards.kit import charts, maps
from dashboards.kit.areas import UNASSIGNED, Place, area_name
from dashboards.kit.chance import State, against_average, process_limits
from dashboards.kit.markup import Column, Html, anchor, chip, interval_mark, table, tag
from dashboards.kit.page import Board, draw, put
from dashboards.kit.periods import month_end, months_before, period_of, same_day_last_year
from dashboards.kit.reading import Figure, monthly

PERIOD = ("period_kind", "period_start", "period_end")
OF_THE_METRIC = ("metric_id", "name_zh", "name_en", "unit_zh", "unit_en", "decimals", "direction", "family", "scale",
                 "population", "min_denominator")  # fmt: skip
STATES: tuple[State, ...] = ("far_above", "above", "average", "below", "far_below", "unknown")


def show(board: Board, place: Place, figure: Figure, trends: pl.DataFrame, *, between: Callable[[], None] | None = None) -> None:
    """Everything about one figure in one area; `between` shows what a board has to add below the trend."""
    words = board.words
    direction = words(f"direction.{figure.row['direction']}")
    caveat = words.pick(figure.row, "caveat")
    about = words("figure.about", direction=direction, caveat=caveat) if caveat else direction
    head = tag("h2", f"{figure.name} · {place.name}") + tag("p", f"{figure.period_text} · {about}", kind="muted")
    put(head, "figure", focus=board.view.figure)
    figure_usage.show(board, place, figure)
    _trend(board, figure, trends)
    if between is not None:
        between()
    _areas(board, place, figure)
    case_list.show(board, place, figure)


# --- trend ------------------------------------------------------------------------------------------------------------


def _trend(board: Board, figure: Figure, trends: pl.DataFrame) -> None:
    words = board.words
    is_cumulative = figure.row["period_kind"] == "cumulative"
    until = period_of(board.view, board.source.as_of).month
    series = monthly(trends, figure, until)
    months, values = [month for month, _ in series], [value for _, value in series]
    earlier = [dict(series).get(months_before(month, 12)) for month in months]
    limits = None if is_cumulative else process_limits(values)
    hover = [
        words("trend.hover", month=words.month(month), value=_said(figure, now), earlier=_said(figure, before))
        for month, now, before in zip(months, values, earlier, strict=True)
    ]
    title = words("trend.title_cumulative" if is_cumulative else "trend.title", name=figure.name)
    names = {key: words(f"trend.{key}") for key in ("now", "earlier", "mean", "limits", "outside")}
    drawn = charts.trend(
        charts.Caption(title, figure.unit, board.as_of, words("trend.empty")),
        labels=[words.month_short(month) for month in months], values=values, earlier=earlier, limits=limits,
        names=names, hover=hover, is_share=figure.is_share,
    )  # fmt: skip
    draw(drawn, "trend")
    if drawn.figure is not None and not is_cumulative:
        put(tag("p", _what_the_trend_says(board, months, values), kind="small muted"), "trend_note")


def _what_the_trend_says(board: Board, months: list[dt.date], values: list[float | None]) -> str:
    words, limits = board.words, process_limits(values)
    if limits is None:
        return words("trend.short")
    unusual = [
        words.month(month) for month, value in zip(months, values, strict=True) if value is not None and limits.is_outside(value)
    ]
    if not unusual:
        return words("trend.steady", n=len(months))
    return words("trend.unusual", n=len(months), months=words("comma").join(unusual))


def _float(value: Decimal | float | None) -> float | None:
    return None if value is None else float(value)


def _said(figure: Figure, value: float | None) -> str:
    text = figure.words.number(value, figure.decimals)
    return f"{text}%" if figure.unit == "%" and value is not None else text


# --- areas ------------------------------------------------------------------------------------------------------------


def _areas(board: Board, place: Place, figure: Figure) -> None:
    words = board.words
    put(tag("h2", words("areas.heading")), "areas_head")
    if place.children.is_empty():
        put(tag("p", words("areas.none"), kind="muted"), "areas_none")
        return
    found = _figures_of_areas(board, place, figure)
    if not any(area.is_known for _, area in found):
        put(tag("p", words("areas.not_given"), kind="muted"), "areas_not_given")
        _plain_list(board, found)
        return
    if found[0][1].row["period_kind"] != figure.row["period_kind"]:
        put(tag("p", words("areas.monthly", period=found[0][1].period_text), kind="muted small"), "areas_monthly")
    average = figure.part() if not figure.is_count else None
    states: dict[str, State] = {
        row["grid_code"]: against_average(area.part(), average, is_share=area.is_share)
        if average and row["grid_code"] != UNASSIGNED
        else "unknown"
        for row, area in found
    }
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw(_map(board, figure, found, states), "map")
    with right:
        if figure.is_count:
            draw(_pairs(board, figure, found), "pairs")
        else:
            draw(_funnel(board, figure, found, states), "funnel")
    _table(board, place, figure, found, states)


def _figures_of_areas(board: Board, place: Place, figure: Figure) -> list[tuple[dict[str, Any], Figure]]:
    """The figure in every area within: in its own period, or in the last complete month where they have months only."""
    found = _in_period(board, place, figure, {name: figure.row[name] for name in PERIOD})
    if figure.row["period_kind"] == "year_to_date" and not any(area.is_known for _, area in found):
        month = period_of(board.view, board.source.as_of).month
        monthly_period = {"period_kind": "month", "period_start": month, "period_end": month_end(month)}
        found = _in_period(board, place, figure, monthly_period)
    return found


def _in_period(board: Board, place: Place, figure: Figure, period: dict[str, Any]) -> list[tuple[dict[str, Any], Figure]]:
    end = period["period_end"]
    before = month_end(months_before(end, 12)) if period["period_kind"] == "month" else same_day_last_year(end)
    rows = board.source.ask(
        "overview__areas",
        area=place.code,
        metric=figure.id,
        slice_kind=figure.slice_kind,
        slice_code=figure.slice_code,
        period_kind=period["period_kind"],
        period_end=end,
        earlier_end=before,
    ).rows(named=True)
    shared = {name: figure.row[name] for name in OF_THE_METRIC} | period
    return [(row, Figure({**row, **shared}, board.words)) for row in rows]


def _hover(board: Board, row: dict[str, Any], area: Figure, state: State) -> str:
    value = f"{area.value_text} {area.unit_text}".strip() if area.value is not None else area.why_none
    said = [f"<b>{area_name(board, row, 'area')}</b>", value, area.interval_text, area.parts_text]
    said += [board.words(f"status.{state}")] if state != "unknown" else []
    return "<br>".join(text for text in said if text)


def _map(board: Board, figure: Figure, found: list[tuple[dict[str, Any], Figure]], states: dict[str, State]) -> charts.Chart:
    words = board.words
    areas = [
        maps.Area(row["grid_code"], area_name(board, row, "area"), row["geom_wkt"] or "", states[row["grid_code"]],
                  _hover(board, row, area, states[row["grid_code"]]))
        for row, area in found
    ]  # fmt: skip
    caption = charts.Caption(words("areas.map", name=figure.name), figure.unit, board.as_of, words("areas.map_empty"))
    return maps.area_map(caption, areas, {state: words(f"status.{state}") for state in STATES})


def _funnel(board: Board, figure: Figure, found: list[tuple[dict[str, Any], Figure]], states: dict[str, State]) -> charts.Chart:
    words = board.words
    caption = charts.Caption(words("areas.funnel", name=figure.name), figure.unit, board.as_of, words("areas.funnel_empty"))
    average = figure.part()
    if figure.is_count or average is None:
        return charts.Chart(caption, None)
    points = [
        charts.Point(area_name(board, row, "area"), part, states[row["grid_code"]],
                     _hover(board, row, area, states[row["grid_code"]]))
        for row, area in found
        if (part := area.part()) is not None and states[row["grid_code"]] != "unknown"
    ]  # fmt: skip
    names: dict[str, str] = {state: words(f"status.{state}") for state in STATES}
    names |= {name: words(f"areas.{name}") for name in ("inner", "outer", "middle")}
    per = {None: "base_cases", "": "base_cases", "grids": "base_grids"}.get(figure.row["population"], "base_residents")
    base = words(f"areas.{per}")
    return charts.funnel(caption, points, average, scale=figure.scale, is_share=figure.is_share, names=names, base=base)


def _pairs(board: Board, figure: Figure, found: list[tuple[dict[str, Any], Figure]]) -> charts.Chart:
    words = board.words
    caption = charts.Caption(words("areas.pairs", name=figure.name), figure.unit, board.as_of, words("areas.pairs_empty"))
    return charts.pairs(
        caption, [area_name(board, row, "area") for row, _ in found],
        [float(area.value or 0) for _, area in found], [_float(area.earlier_value) for _, area in found],
        names={"now": words("areas.now"), "before": words("areas.before")},
        texts=[area.value_text for _, area in found], hover=[_hover(board, row, area, "unknown") for row, area in found],
    )  # fmt: skip


def _table(
    board: Board, place: Place, figure: Figure, found: list[tuple[dict[str, Any], Figure]], states: dict[str, State]
) -> None:
    words, view = board.words, board.view.but(case="", page=1, figure=figure.id)
    ends = None if figure.is_count else _ends([area for _, area in found])
    compares = any(state != "unknown" for state in states.values())
    columns = [Column(words("column.area")), Column(words("column.value"), is_number=True)]
    columns += [Column(words("column.interval"), hint=words("areas.scale", area=place.name))] if ends else []
    columns += [Column(words("column.standing"))] if compares else []
    columns += [Column(words("column.earlier"), is_number=True), Column(words("column.change"), is_number=True)]
    columns += [] if figure.is_count else [Column(words("column.parts"), is_number=True)]
    lines = []
    for row, area in found:
        code = row["grid_code"]
        name = area_name(board, row, "area")
        cells: list[object] = [anchor(view.but(area=code), name), _value(area)]
        cells += [_mark(area, figure, ends, states[code])] if ends else []
        cells += [_standing(board, states[code])] if compares else []
        cells += [area.earlier_value_text, _change(area)]
        cells += [] if figure.is_count else [_parts(area)]
        lines.append(cells)
    unplaced = sum(row["grid_code"] == UNASSIGNED for row, _ in found)
    said = [
        words("areas.order"),
        words("areas.no_ranking") if figure.is_count else "",
        words("areas.scale", area=place.name) if ends else "",
    ]
    caption = words("space").join(sentence for sentence in said if sentence)
    put(table(columns, lines, foot=unplaced, caption=caption), "areas_table")


def _plain_list(board: Board, found: list[tuple[dict[str, Any], Figure]]) -> None:
    view = board.view.but(case="", page=1)
    links = [[anchor(view.but(area=row["grid_code"]), area_name(board, row, "area"))] for row, _ in found]
    put(table([Column(board.words("column.area"))], links), "areas_links")


def _ends(areas: list[Figure]) -> tuple[float, float] | None:
    known = [area for area in areas if area.value is not None and area.row["ci_low"] is not None]
    if not known:
        return None
    low, high = min(float(area.row["ci_low"]) for area in known), max(float(area.row["ci_high"]) for area in known)
    return (low, high if high > low else low + 1.0)


def _value(area: Figure) -> Html:
    if area.value is None:
        return tag("span", area.why_none, kind="muted small")
    return tag("b", area.value_text)


def _mark(area: Figure, whole_area: Figure, ends: tuple[float, float], state: State) -> object:
    if area.value is None or area.row["ci_low"] is None:
        return ""
    average = float(whole_area.value) if whole_area.value is not None and not whole_area.is_count else None
    low, high = float(area.row["ci_low"]), float(area.row["ci_high"])
    label = f"{area.words.number(low, area.decimals)} – {area.words.number(high, area.decimals)}"
    mark = interval_mark(float(area.value), low, high, average=average, ends=ends, state=state, label=label)
    return tag("span", mark, title=label)


def _standing(board: Board, state: State) -> object:
    return "" if state == "unknown" else chip(board.words(f"status.{state}"), "alert" if state.startswith("far") else "")


def _change(area: Figure) -> Html:
    if not area.change_text:
        return tag("span", "—", kind="muted")
    is_chance = area.verdict in ("chance", "unknown")
    return tag("span", area.change_text if is_chance else tag("b", area.change_text), kind="muted" if is_chance else "")


def _parts(area: Figure) -> str:
    num, den = area.row["num"], area.row["den"]
    if num is None or not den:
        return "—"
    if area.row["family"] == "median":
        return area.words.number(int(den))
    return f"{area.words.number(int(num))} / {area.words.number(int(den))}"
