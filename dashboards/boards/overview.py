"""Overview: how is the city doing, and what changed?

Belongs here: the order of this page and its sentences. Does not: one figure's trend, areas and cases (figure_detail),
one case (case_trail), how a figure is said (kit.reading).
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards.boards import case_trail, figure_card, figure_detail
from dashboards.kit import filters, periods, ripening
from dashboards.kit.areas import Place, choose_child, crumbs, place_of
from dashboards.kit.markup import EMPTY, Column, Html, Named, join, table, tag
from dashboards.kit.named import id_of, named_link
from dashboards.kit.page import Board, put
from dashboards.kit.periods import Period, period_of
from dashboards.kit.reading import Figure

#: Which figures stand together; one that a register adds stands under handling.
GROUPS = {
    "volume": ("V01", "V02", "V11", "V12", "V13", "V14", "V15", "M32", "M31"),
    "petitions": ("M05", "M05c", "M05b", "M05d", "M05e", "M05f", "M05g", "M28a", "M28b", "M29", "M29b"),
    "residents": ("M37", "M38", "M36", "M36b", "M39", "M39b", "M47", "V16", "V17"),
    "disputes": ("M06", "M07", "M11", "M12", "M12c", "M13", "M13b", "M14", "M15", "M46"),
    "safety": ("M01", "M02", "V03", "M03", "M04"),
    "hazards": ("M26", "M27"),
    "handling": (),
    "together": ("M21", "M22", "M22a", "M24", "M25", "M40"),
    "data": ("M50", "M51", "M53", "M52"),
}
HEADLINE = "V01"
#: How many areas of each level: levels are never added, so it is no card.
AREAS_WITHIN = "M30"
#: Opened where nothing changed: it has a base, a direction and an answer in every area.
OPENED_FIRST = "M16"
FEBRUARY = 2


def show(board: Board) -> None:
    """The page."""
    place = place_of(board)
    period = period_of(board.view, board.source.as_of)
    title = tag("h1", board.words("title.overview", area=place.name))
    figures = figures_of(board, place, period)
    said = EMPTY
    if not board.view.case:
        said = tag("p", lead(board, figures), kind="lead") + tag("p", _calendar(board, period), kind="muted small")
    put(title + crumbs(board, place) + said, "title")
    if board.view.case:
        case_trail.show(board)
        return
    choose(board, place)
    trends = board.source.ask("overview__trends", area=place.code, **period.params)
    chosen = _chosen(board, figures)
    known = {row["metric_id"] for row in board.source.ask("metrics").rows(named=True)}
    if board.view.figure and board.view.figure not in known:
        put(tag("p", board.words("overview.no_figure", id=board.view.figure), kind="notice"), "no_figure")
    hint = tag("p", board.words("overview.open_hint"), kind="muted small")
    put(hint + cards(board, place, figures, trends, chosen), "cards")
    if chosen is not None:
        figure_detail.show(board, place, chosen, trends)


def figures_of(board: Board, place: Place, period: Period) -> list[Figure]:
    """Every figure the register gives at this level, in the order of the groups."""
    rows = board.source.ask("overview__figures", area=place.code, **period.params).rows(named=True)
    at_level = [row for row in rows if row["period_kind"] or str(place.level) in str(row["levels"]).split()]
    order = [metric for group in GROUPS for metric in _members(group, [row["metric_id"] for row in at_level])]
    day = board.source.as_of.date()
    figures = (Figure(ripening.judged(row, day), board.words) for row in at_level)
    return sorted(figures, key=lambda figure: order.index(figure.id))


def _members(group: str, present: list[str]) -> list[str]:
    placed = {metric for members in GROUPS.values() for metric in members}
    if group == "handling":
        return [metric for metric in present if metric not in placed]
    return [metric for metric in GROUPS[group] if metric in present]


def _chosen(board: Board, figures: list[Figure]) -> Figure | None:
    with_value = [figure for figure in figures if figure.row["period_kind"]]
    named = [figure for figure in with_value if figure.id == board.view.figure]
    changed = [figure for figure in with_value if figure.verdict in ("more", "less")]
    first = [figure for figure in with_value if figure.id == OPENED_FIRST]
    return next(iter([*named, *changed, *first, *with_value]), None)


def choose(board: Board, place: Place) -> None:
    """The boxes for the period and an area below."""
    info = board.source.row("build") or {}
    left, right, _ = st.columns([1, 1, 1.4])
    with left:
        filters.choose(
            board.words("filter.period"), periods.options(board.source.as_of, info["earliest"]), board.view, "period",
            written=lambda option: periods.written(option, board.words, board.source.as_of),
            onward=lambda view: view.but(page=1),
        )  # fmt: skip
    with right:
        choose_child(board, place)


def lead(board: Board, figures: list[Figure]) -> str:
    """The sentence on top: how many, and which figures changed by more than chance."""
    words = board.words
    between = words("space")
    parts = [_headline(board, figure) for figure in figures if figure.id == HEADLINE and figure.value is not None]
    compared = [figure for figure in figures if figure.verdict != "unknown"]
    changed = [figure.name for figure in compared if figure.verdict != "chance"]
    if not compared:
        parts.append(words("overview.none_compared"))
    elif changed:
        names = words("comma").join(changed)
        parts.append(words("overview.some_changed", total=len(compared), n=len(changed), names=names))
    else:
        parts.append(words("overview.none_changed", total=len(compared)))
    return between.join(parts)


def _calendar(board: Board, period: Period) -> str:
    """What the calendar does to the comparison: workdays, and the festival that moves between January and February."""
    words, (first, last), (earlier_first, earlier_last) = board.words, period.days, period.earlier_days
    days = board.source.row("workdays", first_day=first, last_day=last, earlier_first=earlier_first, earlier_last=earlier_last)
    parts = []
    if days and days["now_n"] != days["earlier_n"]:
        parts.append(words("overview.workdays", now=days["now_n"], earlier=days["earlier_n"]))
    if not period.is_year_to_date and period.month.month <= FEBRUARY:
        parts.append(words("overview.festival"))
    return words("space").join(parts)


def _headline(board: Board, figure: Figure) -> str:
    words, before = board.words, figure.earlier_value
    is_month = figure.row["period_kind"] == "month"
    said = {"period": words("period.in" if is_month else "period.from", period=figure.period_text), "n": figure.value_text}
    if before is None or figure.value is None:
        return words("overview.events_alone", **said)
    if before == figure.value:
        return words("overview.events_same", **said)
    size = figure.change_text.lstrip("+−")
    if not figure.change_text.endswith("%"):
        size = words("overview.size", n=words.number(abs(figure.value - before)))
    return words("overview.events_more" if figure.value > before else "overview.events_less", change=size, **said)


def cards(board: Board, place: Place, figures: list[Figure], trends: pl.DataFrame, chosen: Figure | None) -> Html:
    """The figures in groups; `chosen` is the one that is open."""
    shown = {figure.id: figure for figure in figures}
    usual = "month" if board.view.month else "year_to_date"
    until = period_of(board.view, board.source.as_of).month
    parts: list[Html] = []
    for group in GROUPS:
        members = _members(group, list(shown))
        if members:
            of_group = [
                figure_card.card(
                    board, shown[metric], trends, until, usual=usual, is_open=shown[metric] is chosen, area=place.code
                )
                for metric in members
            ]
            parts += [tag("h2", board.words(f"group.{group}"), kind="group"), tag("div", join(of_group), kind="cards")]
            if group == "volume":
                parts.append(_areas_within(board, place))
    return join([*parts, _not_here(board, place, shown)])


def _areas_within(board: Board, place: Place) -> Html:
    day = board.source.as_of.date()
    period = {"period_kind": "day", "period_start": day, "period_end": day}
    rows = board.source.ask(
        "field__slices", metric=AREAS_WITHIN, area=place.code, period_kind="day", period_end=day,
        earlier_end=periods.same_day_last_year(day),
    ).rows(named=True)  # fmt: skip
    caption = f"{board.words('overview.areas_within')} · {board.words('period.at', day=board.words.day(day))}"
    columns, cells = [], []
    for row in rows:
        if row["value"] is not None and int(row["slice_code"]) > place.level:
            name = id_of(board, {**row, **period, "metric_id": AREAS_WITHIN}, place.code)
            columns.append(Column(board.words(f"level.{row['slice_code']}"), is_number=True))
            cells.append(Named(named_link(board, name, board.words.number(row["num"]), title=name), name))
    return tag("div", table(columns, [cells], caption=caption), kind="gap") if cells else EMPTY


def _not_here(board: Board, place: Place, shown: dict[str, Figure]) -> Html:
    rows = board.source.ask("metrics").rows(named=True)
    # What is given here without being a card (shares, changes) opens in Explain and is found by search.
    absent = [
        row for row in rows
        if row["metric_id"] not in shown and row["family"] != "change" and str(place.level) not in row["levels"].split()
    ]  # fmt: skip
    if not absent:
        return Html("")
    names = board.words("comma").join(board.words.pick(row, "name") for row in absent)
    return tag("p", board.words("overview.not_here", names=names, level=place.level), kind="muted small gap")
