"""Trends: what is changing, and is it more than chance?

Belongs here: the order of this page, its sentence on top, the small charts and the large one. Does not: two periods side
by side (trends_pair), the days of a year (trends_days), the rules of a control chart (kit.process).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboards.boards import figure_usage, trends_days, trends_pair
from dashboards.kit import aims, charts, filters, multiples
from dashboards.kit.areas import Place, choose_child, crumbs, place_of
from dashboards.kit.chance import reference, whole
from dashboards.kit.filters import View
from dashboards.kit.markup import EMPTY, Html, anchor, chip, join, tag
from dashboards.kit.named import FigureId, id_of
from dashboards.kit.page import Board, draw, put
from dashboards.kit.reading import Figure
from dashboards.kit.series import Series, series_of
from dashboards.kit.spans import UNITS, Span, last_of, unit_of
from dashboards.kit.words import Words

#: What a deputy secretary asks for first, in this order; every other figure that has spans is in the select box.
HEADLINES = (
    "V01", "V02", "M16", "M10", "M05", "V13", "M37", "M38", "M06", "M12", "M26", "M17", "M01", "M02", "M03", "M36",
)  # fmt: skip
HEADLINES_SHOWN = 12


def show(board: Board) -> None:
    """The page."""
    place, unit = place_of(board), unit_of(board.view.unit)
    spans = last_of(unit, board.source.as_of)
    metrics = candidates(board, place)
    every = series_by_metric(board, place, metrics, spans)
    known = {name: series for name, series in every.items() if series.is_known}
    headlines = [name for name in HEADLINES if name in known][:HEADLINES_SHOWN]
    said = lead(board.words, spans[-1], [known[name] for name in headlines])
    heading = tag("h1", board.words("title.trends", area=place.name))
    put(heading + crumbs(board, place) + tag("p", said, kind="lead"), "title")
    chosen = board.view.figure if board.view.figure in every else _opened(known, headlines)
    _filters(board, place, metrics, chosen)
    _small(board, place, known, headlines, chosen)
    if chosen:
        _large(board, place, every[chosen])
        trends_pair.show(board, place, every, [*headlines, *([] if chosen in headlines else [chosen])])
    trends_days.show(board, place)


def candidates(board: Board, place: Place) -> dict[str, dict[str, Any]]:
    """The register's entries that are given per span of the unit at this level."""
    unit = unit_of(board.view.unit)
    return {
        row["metric_id"]: row
        for row in board.source.ask("metrics").rows(named=True)
        if unit in str(row["periods"]).split()
        and str(place.level) in str(row["levels"]).split()
        and row["family"] in ("count", "ratio", "median")
    }


def series_by_metric(
    board: Board, place: Place, metrics: dict[str, dict[str, Any]], spans: Sequence[Span]
) -> dict[str, Series]:  # fmt: skip
    """The headline figures, and the chosen one, over the spans."""
    asked = tuple(name for name in metrics if name in HEADLINES or name == board.view.figure)
    unit, back = spans[0].unit, spans[0].year_before
    found = board.source.ask(
        "trends__series", metrics=asked, area=place.code, unit=unit, first=back.start, last=spans[-1].start
    )  # fmt: skip
    targets, day = board.source.ask("targets", area=place.code, unit=unit), board.source.as_of.date()
    return {name: series_of(metrics[name], found, targets, spans, board.words, day=day) for name in asked}


def _opened(known: dict[str, Series], headlines: list[str]) -> str:
    """The figure opened where none is chosen: one that is unlike its past, else one that has a target, else the first."""
    telling = [name for name in headlines if known[name].signal and known[name].newest.row["direction"] != "neutral"]
    aimed = [name for name in headlines if known[name].reach]
    return next(iter([*telling, *aimed, *headlines]), "")


# --- the sentence on top ----------------------------------------------------------------------------------------------


def lead(words: Words, span: Span, series: Sequence[Series]) -> str:
    """How many figures are unlike their own past, which, and which miss their target."""
    judged = [one for one in series if one.limits is not None and one.newest.value is not None]
    parts = []
    if not judged:
        parts.append(words("trends.lead_short", span=span.written(words)))
    elif unlike := [one for one in judged if one.signal]:
        names = words("separator").join(_unlike(words, one) for one in unlike)
        parts.append(words("trends.lead_some", span=span.written(words), total=len(judged), n=len(unlike), names=names))
    else:
        parts.append(words("trends.lead_none", span=span.written(words), total=len(judged)))
    missed = [one for one in series if one.reach in ("short", "far")]
    if missed:
        names = words("separator").join(_missed(words, one) for one in missed)
        parts.append(words("trends.lead_missed", n=len(missed), names=names))
    met = [one.newest.name for one in series if one.reach == "met"]
    if met:
        parts.append(words("trends.lead_met", names=words("comma").join(met)))
    return words("space").join(parts)


def _unlike(words: Words, series: Series) -> str:
    figure = series.newest
    value = f"{figure.value_text}{figure.unit_text if words.language == 'zh' else ''}"
    return words("trends.unlike", name=figure.name, value=value, how=said_of(words, series))


def _missed(words: Words, series: Series) -> str:
    figure = series.newest
    return words("trends.missed", name=figure.name, value=figure.value_text, target=aim(series))


def aim(series: Series) -> str:
    """The target of the last span, written as the figure is."""
    return aims.written(series.newest, series.targets[-1])


def said_of(words: Words, series: Series, at: int = -1) -> str:
    """What the control chart says of one span."""
    signal = series.signals[at]
    if series.limits is None:
        return words("signal.short")
    if signal is None:
        return words("signal.none")
    return words(f"signal.{signal.rule}.{'up' if signal.is_up else 'down'}", n=signal.length)


# --- what is chosen ---------------------------------------------------------------------------------------------------


def _filters(board: Board, place: Place, metrics: dict[str, dict[str, Any]], chosen: str) -> None:
    words = board.words
    left, middle, right = st.columns([1, 1.6, 1])
    with left:
        filters.choose(
            words("trends.unit"), UNITS, board.view.but(unit=unit_of(board.view.unit)), "unit",
            written=lambda unit: words(f"unit_of.{unit}"), onward=lambda view: view.but(span="", against=""),
        )  # fmt: skip
    with middle:
        order = [name for name in HEADLINES if name in metrics]
        names = [*order, *(name for name in metrics if name not in order)]
        if names:
            filters.choose(
                words("trends.figure"), names, board.view.but(figure=chosen), "figure",
                written=lambda name: words.pick(metrics[name], "name"),
            )  # fmt: skip
    with right:
        choose_child(board, place)


# --- small charts -----------------------------------------------------------------------------------------------------


def _small(board: Board, place: Place, known: dict[str, Series], headlines: list[str], chosen: str) -> None:
    words, unit = board.words, unit_of(board.view.unit)
    if not headlines:
        put(tag("p", words("trends.nothing", unit=words(f"unit_of.{unit}")), kind="muted"), "small_none")
        return
    cards = [_card(board, place, known[name], is_open=name == chosen) for name in headlines]
    about = words("trends.small_about", unit=words(f"unit_of.{unit}"), as_of=board.as_of)
    head = tag("h2", words("trends.small_heading")) + tag("p", about, kind="muted small")
    keys = [tag("span", tag("i", kind=f"line {name}"), " ", words(f"trends.key_{name}"), kind="key")
            for name in ("now", "earlier", "target", "band", "better", "worse", "shift")]  # fmt: skip
    festival = words("space") + words("overview.festival") if unit == "month" else ""
    chance = tag("p", rules_of(words) + festival, kind="muted small gap")
    put(head + tag("div", *keys, kind="keys small muted") + tag("div", *cards, kind="cards") + chance, "small")


def rules_of(words: Words) -> str:
    """The four rules by which a span is called unlike its past, with their numbers."""
    numbers = {name: whole(name) for name in ("run_points", "drift_points", "near_points", "near_window")}
    return words("trends.chance", factor=words.number(reference("xmr_factor"), 2), **numbers)


def hover_of(words: Words, series: Series) -> list[str]:
    """What each span says when pointed at."""
    figure, said = series.newest, []
    for at, span in enumerate(series.spans):
        value, before = (_written(figure, one) for one in (series.values[at], series.earlier[at]))
        told = words("trends.hover", span=span.written(words), value=value, earlier=before)
        said.append(f"{told} {said_of(words, series, at)}" if series.signals[at] else told)
    return said


def _written(figure: Figure, value: float | None) -> str:
    text = figure.words.number(value, figure.decimals)
    return f"{text}%" if figure.unit == "%" and value is not None else text


def _card(board: Board, place: Place, series: Series, *, is_open: bool) -> Html:
    words, figure = board.words, series.newest
    name = id_of(board, figure.row, place.code)
    ends = (series.spans[0].short(words), series.spans[-1].short(words))
    drawn = multiples.multiple(series, label=words("trends.of", name=figure.name), hover=hover_of(words, series), ends=ends)
    value: Html
    if figure.value is None:
        value = tag("span", figure.why_none, kind="value none", data_figure=name)
    else:
        value = tag("span", figure.value_text, tag("span", figure.unit_text, kind="unit"), kind="value", data_figure=name)
    state = chip(said_of(words, series), series.tone(series.signal)) if series.signal else EMPTY
    notes = [tag("span", figure.interval_text, data_interval=name)] if figure.interval_text else []
    notes += [tag("span", text) for text in (figure.earlier_text, _target(words, series)) if text]
    body = (
        tag("span", figure.name, kind="name"), value, tag("span", state, kind="aside"), tag("span", drawn, kind="wide"),
        tag("span", *notes, kind="note"),
    )  # fmt: skip
    return anchor(board.view.but(figure=figure.id), *body, kind="card open" if is_open else "card")


def _target(words: Words, series: Series) -> str:
    return words(f"trends.{series.reach}", target=aim(series)) if series.reach else ""


# --- the large chart --------------------------------------------------------------------------------------------------


def _large(board: Board, place: Place, series: Series) -> None:
    words, figure = board.words, series.newest
    caveat, direction = words.pick(figure.row, "caveat"), words(f"direction.{figure.row['direction']}")
    about = words("figure.about", direction=direction, caveat=caveat) if caveat else direction
    head = tag("h2", f"{figure.name} · {place.name}") + tag("p", f"{figure.period_text} · {about}", kind="muted")
    put(head, "figure", focus=board.view.figure)
    figure_usage.show(board, place, figure)
    draw(_chart(board, place, series), "trend")
    if series.is_known:
        put(join([tag("p", sentence) for sentence in told_of(words, series)], "") + _ways_on(board, series), "trend_note")


def span_ids(board: Board, place: Place, figure: Figure, spans: Sequence[Span]) -> list[str]:
    """The permanent ids of a figure in some spans."""
    cut = (figure.slice_kind, figure.slice_code)
    return [FigureId(figure.id, one.unit, one.start, one.end, *cut).of(place.code, board.source.build_id) for one in spans]


def _chart(board: Board, place: Place, series: Series) -> charts.Chart:
    words, figure = board.words, series.newest
    names = {key: words(f"trends.chart_{key}") for key in ("now", "earlier", "mean", "limits", "outside", "target")}
    caption = charts.Caption(words("trends.of", name=figure.name), figure.unit, board.as_of, words("trends.empty"))
    return charts.trend(
        caption, labels=[span.short(words) for span in series.spans], values=series.values, earlier=series.earlier,
        limits=series.limits, names=names, hover=hover_of(words, series), is_share=figure.is_share, targets=series.targets,
        marked=[at for at, signal in enumerate(series.signals) if signal], ids=span_ids(board, place, figure, series.spans),
        earlier_ids=span_ids(board, place, figure, [span.year_before for span in series.spans]),
    )  # fmt: skip


def told_of(words: Words, series: Series) -> list[str]:
    """What the large chart says, in sentences: this span, the spans that were unlike, the target, what is hidden."""
    figure = series.newest
    told = [words("trends.now_is", span=series.spans[-1].written(words), state=said_of(words, series))]
    by_rule: dict[str, list[str]] = {}
    for at, signal in enumerate(series.signals):
        if signal and signal.rule == "outside":
            key = f"trends.were_{'up' if signal.is_up else 'down'}"
            by_rule.setdefault(key, []).append(series.spans[at].written(words))
    told += [words(key, n=len(series.spans), spans=words("comma").join(names)) for key, names in sorted(by_rule.items())]
    if figure.meaning_text:
        change = f"{figure.arrow} {figure.change_text}".strip()
        told.append(words("trends.year_before", change=change, earlier=figure.earlier_value_text, meaning=figure.meaning_text))
    if series.reach:
        told.append(words(f"trends.reach_{series.reach}", target=aim(series), value=figure.value_text))
    if series.hidden_n:
        told.append(words("trends.hidden", n=series.hidden_n))
    return told


def _ways_on(board: Board, series: Series) -> Html:
    """To the cases and areas of the last month, which the overview lists."""
    span = series.spans[-1]
    if span.unit != "month" or series.newest.value is None:
        return EMPTY
    view = View(language=board.view.language, area=board.view.area, build=board.view.build)
    view = view.but(figure=series.newest.id, period=span.code)
    return tag("p", anchor(view, board.words("trends.to_cases", span=span.written(board.words)), page="."))
