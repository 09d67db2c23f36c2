"""Risk: what needs attention?

Belongs here: open and overdue cases, unusual weeks, areas outside their limits, and the sentences about them. Does not:
the rule of an alert (the mart fct_alert), limits (kit.chance). It says what to look at, never who is to blame.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl
import streamlit as st

from dashboards.kit import charts, filters
from dashboards.kit.areas import Place, choose_child, crumbs, place_of
from dashboards.kit.average import Average, average_of
from dashboards.kit.chance import against_average, reference, whole
from dashboards.kit.markup import Column, Html, Named, anchor, chip, join, table, tag
from dashboards.kit.named import FigureId, Shown, id_of, named_link
from dashboards.kit.page import Board, draw, put
from dashboards.kit.periods import last_complete_week
from dashboards.kit.reading import Figure
from dashboards.kit.words import NOTHING, Words

BANDS = ("d000_007", "d008_030", "d031_090", "d091_365", "d366_plus")
#: Areas are compared down to the communities; a grid has too few cases of anything.
FINEST = 3


class Finding(NamedTuple):
    """An area outside its limits: its row, its figure, and the average that it is compared with."""

    row: dict[str, Any]
    figure: Figure
    average: Average

    @property
    def average_text(self) -> str:
        """The average as the figure is written."""
        return f"{self.figure.words.number(self.average.value, self.figure.decimals)}{'%' if self.figure.unit == '%' else ''}"


class Outside(NamedTuple):
    """Areas outside their limits on the worse and on the better side, and how many comparisons were made."""

    worse: list[Finding]
    better: list[Finding]
    compared_n: int


def show(board: Board) -> None:
    """The page."""
    place = place_of(board)
    cases = board.source.ask("risk__open", area=place.code, kind=board.view.kind)
    week = last_complete_week(board.source.as_of)
    alerts = board.source.ask("risk__alerts", area=place.code, root=place.root, week=week, kind=board.view.kind).rows(named=True)
    outside = outside_of(board, place)
    title = tag("h1", board.words("title.risk", area=place.name))
    said = lead(board, place, cases, alerts, outside)
    put(title + crumbs(board, place) + tag("p", said, kind="lead"), "title")
    left, right, _ = st.columns([1, 1, 1.4])
    with left:
        choose_child(board, place)
    with right:
        _choose_kind(board)
    hidden = sorted(set(cases.filter("is_hidden")["event_kind"]))
    open_cases(board, cases.filter(~pl.col("is_hidden")), hidden, ways=ways_to_overdue(board, place, cases))
    _alerts(board, week, alerts)
    _funnel(board, place, outside)


def _choose_kind(board: Board) -> None:
    kinds = board.source.ask("kinds").filter("is_case")["event_kind"].to_list()
    filters.choose(
        board.words("filter.kind"), ["", *kinds], board.view, "kind",
        written=lambda kind: board.kind(kind) if kind else board.words("filter.all_kinds"),
    )  # fmt: skip


def lead(board: Board, place: Place, cases: pl.DataFrame, alerts: list[dict[str, Any]], outside: Outside) -> str:
    """The sentence on top: open and overdue cases, unusual weeks, areas outside their limits."""
    words, between = board.words, board.words("space")
    n = int(cases["cases_n"].sum() or 0)
    overdue = int(cases.filter("is_overdue")["cases_n"].sum() or 0)
    said = {"moment": words.moment(board.source.as_of), "area": place.name}
    without = [words("risk.lead_without")] if cases["is_hidden"].any() else []
    parts = [
        words("risk.lead", open=words.number(n), overdue=words.number(overdue), **said) if n else words("risk.lead_none", **said),
        *without,
        words("risk.lead_alerts", n=len(alerts)) if alerts else words("risk.lead_no_alerts"),
    ]
    places = len({row["grid_code"] for row, _, _ in outside.worse})
    parts += [words("risk.lead_funnel", n=places)] if places else [words("risk.funnel_none")]
    return between.join(parts)


# --- open and overdue -------------------------------------------------------------------------------------------------


def open_cases(
    board: Board, cases: pl.DataFrame, hidden: list[str], *, kinds: Sequence[str] = (), ways: Mapping[str, object] | None = None
) -> None:
    """What is open and overdue, by age; `hidden`: kinds whose numbers are not shown, `kinds`: whose as-of is told (all)."""
    words = board.words
    put(tag("h2", words("risk.open_heading")), "open_head")
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw(_ages(board, cases, "open"), "open")
    with right:
        draw(_ages(board, cases.filter("is_overdue"), "overdue"), "overdue")
    feeds = board.source.ask("feeds").filter(~pl.col("is_reference")).rows(named=True)
    feeds = [row for row in feeds if not kinds or row["contract"] in kinds]
    note = tag("p", _as_of(words, feeds), kind="muted small")
    if hidden:
        named = words("separator").join(board.kind(kind) for kind in hidden)
        note += tag("p", words("risk.open_hidden", list=named), kind="muted small")
    put(note, "open_note")
    if not cases.is_empty():
        put(open_table(board, cases, ways), "open_table")


def _as_of(words: Words, feeds: Sequence[Mapping[str, Any]]) -> str:
    """Of when the feeds are: said once where all are of one moment, as they are of a day's exports."""
    names: dict[str, list[str]] = {}
    for row in feeds:
        names.setdefault(words.moment(row["as_of"]), []).append(words.pick(row, "title"))
    if len(names) == 1:
        return words("risk.feeds_as_of", moment=next(iter(names)))
    listed = words("separator").join(f"{words('comma').join(titles)} {moment}" for moment, titles in names.items())
    return words("risk.feed_as_of", list=listed)


def _count(cases: pl.DataFrame, **where: Any) -> int:
    for name, value in where.items():
        cases = cases.filter(pl.col(name) == value)
    return int(cases["cases_n"].sum() or 0)


def _kinds(cases: pl.DataFrame) -> list[str]:
    return sorted(set(cases["event_kind"]), key=lambda kind: (-_count(cases, event_kind=kind), kind))


def _ages(board: Board, cases: pl.DataFrame, name: str) -> charts.Chart:
    words, kinds = board.words, _kinds(cases)
    caption = charts.Caption(words(f"risk.{name}_chart"), words("unit.cases"), board.as_of, words(f"risk.{name}_empty"))
    segments = []
    for band, colour in zip(BANDS, charts.SEQUENCE, strict=False):
        counts = [_count(cases, event_kind=kind, age_band=band) for kind in kinds]
        hover = [
            words("risk.age_hover", kind=board.kind(kind), age=words(f"age.{band}"), n=words.number(count))
            for kind, count in zip(kinds, counts, strict=True)
        ]
        segments.append(charts.Segment(words(f"age.{band}"), counts, hover, colour))
    ends = [words("risk.end", n=words.number(_count(cases, event_kind=kind))) for kind in kinds]
    return charts.stacked(caption, [board.kind(kind) for kind in kinds], segments, ends=ends)


def ways_to_overdue(board: Board, place: Place, cases: pl.DataFrame) -> dict[str, object]:
    """The overdue cases of each kind as the register's figure, which leads to the cases; of kinds that it counts.

    Only where it is the sum of the row it stands in: two numbers of one thing side by side help nobody.
    """
    rows = board.source.ask("risk__overdue", area=place.code, today=board.source.as_of.date()).rows(named=True)
    return {
        str(row["slice_code"]): Shown(board, Figure(row, board.words), place.code).value()
        for row in rows
        if row["value"] == _count(cases, event_kind=row["slice_code"], is_overdue=True)
    }


def open_table(board: Board, cases: pl.DataFrame, ways: Mapping[str, object] | None = None) -> Html:
    """Open and overdue cases by kind and age; `ways`: kind to what stands for its overdue cases instead of the number alone."""
    words = board.words
    columns = [
        Column(words("column.kind")),
        Column(words("risk.open"), is_number=True),
        Column(words("risk.overdue"), is_number=True),
    ]
    columns += [Column(words(f"age.{band}"), is_number=True) for band in BANDS]
    lines: list[list[object]] = []
    for kind in _kinds(cases):
        overdue = _count(cases, event_kind=kind, is_overdue=True)
        bands = [
            _open_overdue(board, cases.filter((pl.col("event_kind") == kind) & (pl.col("age_band") == band))) for band in BANDS
        ]
        total = words.number(_count(cases, event_kind=kind))
        late = (ways or {}).get(kind) or tag("b", words.number(overdue))
        lines.append([board.kind(kind), total, late, *bands])
    return table(columns, lines, caption=words("risk.table_note"))


def _open_overdue(board: Board, cases: pl.DataFrame) -> str:
    n, late = _count(cases), _count(cases, is_overdue=True)
    return f"{board.words.number(n)} / {board.words.number(late)}" if n else "—"


# --- unusual weeks ----------------------------------------------------------------------------------------------------


def _alerts(board: Board, week: dt.date, alerts: list[dict[str, Any]]) -> None:
    words = board.words
    head = tag("h2", words("risk.alert_heading")) + tag("p", words("risk.alert_rule"), kind="muted small")
    span = words.span(week, week + dt.timedelta(days=6))
    if not alerts:
        put(head + tag("p", words("risk.alert_none", week=span)), "alerts")
        return
    most = whole("alerts_shown")
    titles = ("area", "kind", "alert", "cases", "baseline", "excess", "robust_z")
    numeric = {"cases", "baseline", "excess", "robust_z"}
    lines = [
        [
            anchor(board.view.but(area=row["grid_code"], figure="V01", case=""), words.pick(row, "name"), page="."),
            board.kind(row['event_kind']), words.pick(row, "reason"),
            _way_to_alert(board, row, alert_id(row, week).of(row["grid_code"], board.source.build_id)),
            words.number(row["baseline"], 1), _excess(words, row),
            words.number(row["robust_z"], 1),
        ]
        for row in alerts[:most]
    ]  # fmt: skip
    body = table([Column(words(f"column.{title}"), is_number=title in numeric) for title in titles], lines, caption=span)
    rest = len(alerts) - most
    more = tag("p", words("risk.alert_more", n=rest, shown=most), kind="muted small") if rest > 0 else Html("")
    put(head + body + more, "alerts")


def _way_to_alert(board: Board, row: Mapping[str, Any], name: str) -> Named:
    return Named(named_link(board, name, tag("b", board.words.number(row["value"])), title=name), name)


def alert_id(row: Mapping[str, Any], week: dt.date) -> FigureId:
    """The figure that an alert is about: cases of one kind in one week."""
    kind = {"slice_kind": "event_kind", "slice_code": str(row["event_kind"])}
    return FigureId(str(row["metric_id"]), "week", week, week + dt.timedelta(days=6), **kind)


def _excess(words: Words, row: dict[str, Any]) -> str:
    """Cases above the median; nothing where either number is hidden."""
    return NOTHING if row["baseline"] is None else words.signed(float(row["value"]) - float(row["baseline"]), 1)


# --- areas outside their limits ---------------------------------------------------------------------------------------


def outside_of(board: Board, place: Place) -> Outside:
    """The areas within a place that lie outside their funnel limits."""
    rows = board.source.ask(
        "risk__areas", area=place.code, root=place.root, level=place.level, finest=FINEST, today=board.source.as_of.date()
    ).rows(named=True)
    worse: list[Finding] = []
    better: list[Finding] = []
    for row in rows:
        figure = Figure(row, board.words)
        average = average_of(figure, {"num": row["unplaced_num"], "den": row["unplaced_den"]}, "whole_")
        state = against_average(figure.part(), average.part, is_share=figure.is_share)
        if state.startswith("far"):
            is_better = (state == "far_above") == (row["direction"] == "higher")
            (better if is_better else worse).append(Finding(row, figure, average))
    return Outside(worse, better, int(rows[0]["compared_n"]) if rows else 0)


def _funnel(board: Board, place: Place, outside: Outside) -> None:
    words, most = board.words, whole("findings_shown")
    rule = [words("risk.funnel_rule", area=place.name)]
    if outside.compared_n:
        expected = outside.compared_n * (1 - reference("outer_confidence"))
        rule.append(words("risk.funnel_chance", n=words.number(outside.compared_n), expected=words.number(expected, 1)))
    parts: list[object] = [tag("h2", words("risk.funnel_heading")), tag("p", words("space").join(rule), kind="muted small")]
    parts.append(findings(board, place, outside.worse[:most]) if outside.worse else tag("p", words("risk.funnel_none")))
    if len(outside.worse) > most:
        parts.append(tag("p", words("risk.funnel_more", n=len(outside.worse) - most), kind="muted small"))
    if outside.better:
        names = words("separator").join(
            f"{words.pick(row, 'area')} {figure.name} {figure.value_text}" for row, figure, _ in outside.better[:most]
        )
        parts.append(tag("p", words("risk.funnel_better", n=len(outside.better), names=names), kind="muted small"))
    put(join(parts), "outside")


def findings(board: Board, place: Place, worse: list[Finding]) -> Html:
    """A table of areas that are worse than chance explains. An average without some cases is no published figure."""
    words = board.words
    titles = ("area", "figure", "value", "interval", "average", "parts", "standing")
    numeric = {"value", "interval", "average", "parts"}
    lines = []
    for finding in worse:
        row, figure, average = finding
        view = board.view.but(area=row["grid_code"], figure=row["metric_id"], case="")
        sign, shown = "%" if figure.unit == "%" else "", Shown(board, figure, row["grid_code"])
        low, high = (words.number(row[end], figure.decimals) for end in ("ci_low", "ci_high"))
        whole_id = "" if average.placeless_n else id_of(board, row, place.code)
        lines.append(
            [
                anchor(view, words.pick(row, "area"), page="."), figure.name, shown.value(has_unit=True),
                shown.interval(f"{low} – {high}{sign}"), Named(finding.average_text, whole_id),
                shown.parts(f"{words.number(int(row['num']))} / {words.number(int(row['den']))}"),
                chip(words("risk.worse"), "worse"),
            ]
        )  # fmt: skip
    note = words("average.placeless") if any(finding.average.placeless_n for finding in worse) else ""
    return table([Column(words(f"column.{title}"), is_number=title in numeric) for title in titles], lines, caption=note)
