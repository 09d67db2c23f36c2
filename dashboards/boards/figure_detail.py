"""One figure, opened: its trend, the areas within against the average, and the cases behind it.

Belongs here: what is drawn for the chosen figure and in which order. Does not: the overview's cards, one case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl

from dashboards.boards import case_list, figure_areas, figure_usage
from dashboards.kit import charts, ripening
from dashboards.kit.areas import Place
from dashboards.kit.chance import process_limits
from dashboards.kit.markup import tag
from dashboards.kit.named import code, id_of, month_ids, named_link
from dashboards.kit.page import Board, draw, put
from dashboards.kit.periods import month_end, months_before, period_of, same_day_last_year
from dashboards.kit.reading import Figure, monthly, ripe_values

PERIOD = ("period_kind", "period_start", "period_end")
OF_THE_METRIC = ("metric_id", "name_zh", "name_en", "unit_zh", "unit_en", "decimals", "direction", "family", "scale",
                 "population", "min_denominator")  # fmt: skip


def show(board: Board, place: Place, figure: Figure, trends: pl.DataFrame, *, between: Callable[[], None] | None = None) -> None:
    """Everything about one figure in one area; `between` shows what a board has to add below the trend."""
    words = board.words
    direction = words(f"direction.{figure.row['direction']}")
    caveat = words.pick(figure.row, "caveat")
    about = words("figure.about", direction=direction, caveat=caveat) if caveat else direction
    head = tag("h2", f"{figure.name} · {place.name}") + tag("p", f"{figure.period_text} · {about}", kind="muted")
    name = id_of(board, figure.row, place.code)
    head += tag("p", words("named.id"), " ", named_link(board, name, code(name)), kind="muted small")
    put(head, "figure", focus=board.view.figure)
    figure_usage.show(board, place, figure)
    _trend(board, place, figure, trends)
    if between is not None:
        between()
    _areas(board, place, figure)
    case_list.show(board, place, figure)


# --- trend ------------------------------------------------------------------------------------------------------------


def _trend(board: Board, place: Place, figure: Figure, trends: pl.DataFrame) -> None:
    words = board.words
    is_cumulative = figure.row["period_kind"] == "cumulative"
    until = period_of(board.view, board.source.as_of).month
    series = monthly(trends, figure, until)
    months, values = [month for month, _ in series], [value for _, value in series]
    earlier = [dict(series).get(months_before(month, 12)) for month in months]
    ripe = ripe_values(figure, series, board.source.as_of.date())
    limits = None if is_cumulative else process_limits(ripe)
    hover = [
        words("trend.hover", month=words.month(month), value=_said(figure, now), earlier=_said(figure, before))
        for month, now, before in zip(months, values, earlier, strict=True)
    ]
    title = words("trend.title_cumulative" if is_cumulative else "trend.title", name=figure.name)
    names = {key: words(f"trend.{key}") for key in ("now", "earlier", "mean", "limits", "outside")}
    drawn = charts.trend(
        charts.Caption(title, figure.unit, board.as_of, words("trend.empty")),
        labels=[words.month_short(month) for month in months], values=values, earlier=earlier, limits=limits,
        names=names, hover=hover, is_share=figure.is_share, ids=[] if is_cumulative else month_ids(board, figure, place, months),
        earlier_ids=[] if is_cumulative else month_ids(board, figure, place, [months_before(month, 12) for month in months]),
    )  # fmt: skip
    draw(drawn, "trend")
    if drawn.figure is not None and not is_cumulative:
        said = _what_the_trend_says(board, months, ripe)
        if young := sum(a is not None and b is None for a, b in zip(values, ripe, strict=True)):
            said = words("space").join([said, words("trend.unripe", n=young)])
        put(tag("p", said, kind="small muted"), "trend_note")


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
        figure_areas.draw_names(board, found)
        return
    if found[0][1].row["period_kind"] != figure.row["period_kind"]:
        put(tag("p", words("areas.monthly", period=found[0][1].period_text), kind="muted small"), "areas_monthly")
    compared = figure_areas.compared_of(figure, found)
    figure_areas.draw_both(board, compared)
    figure_areas.draw_table(board, place, compared)


def _figures_of_areas(board: Board, place: Place, figure: Figure) -> list[tuple[dict[str, Any], Figure]]:
    """The figure in every area within: in its own period, or in the last complete month where they have months only."""
    own = {name: figure.row[name] for name in PERIOD}
    month = period_of(board.view, board.source.as_of).month
    monthly_period = {"period_kind": "month", "period_start": month, "period_end": month_end(month)}
    if own["period_kind"] == "year_to_date":
        given = board.source.ask(
            "area__periods", metric=figure.id, slice_kind=figure.slice_kind, level=place.children["grid_level"][0]
        )
        if "year_to_date" not in set(given["period_kind"]):
            return _in_period(board, place, figure, monthly_period)
    found = _in_period(board, place, figure, own)
    if own["period_kind"] == "year_to_date" and not any(area.is_known for _, area in found):
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
    cut = {"slice_kind": figure.slice_kind, "slice_code": figure.slice_code}
    shared = {name: figure.row[name] for name in OF_THE_METRIC} | period | cut
    day = board.source.as_of.date()
    return [(row, Figure(ripening.judged({**row, **shared}, day), board.words)) for row in rows]
