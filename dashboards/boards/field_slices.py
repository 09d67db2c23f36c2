"""The parts of a figure: by category, unit, channel and whatever else the register cuts it by.

Belongs here: what parts are called, drawing them, the table that leads to each. Does not: areas (figure_detail). Units are
shown in a funnel or with their intervals and in the order of their codes: never as a league table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from dashboards.boards import figure_areas, figure_card, figure_detail
from dashboards.kit import breakdown, charts
from dashboards.kit.areas import Place
from dashboards.kit.chance import State, against_average
from dashboards.kit.markup import EMPTY, Column, Html, anchor, join, table, tag
from dashboards.kit.named import Shown
from dashboards.kit.page import Board, draw, put
from dashboards.kit.periods import month_end, months_before, same_day_last_year
from dashboards.kit.reading import Figure
from dashboards.kit.unopened import is_unopened

UNMAPPED = "UNMAPPED"
#: Codes that have an order of their own.
ORDERED = ("national", "provincial", "city", "county", "town")


class Part(NamedTuple):
    """One part of a figure: what it is called, the figure, where it stands against the whole."""

    name: str
    figure: Figure
    state: State


class Names:
    """What the codes of slices are called."""

    def __init__(self, board: Board) -> None:
        rows = board.source.ask("field__names").rows(named=True)
        self._words = board.words
        self._rows = {(row["slice_kind"], row["code"]): row for row in rows}

    def of(self, kind: str, code: str) -> str:
        """A slice's name; its code where nobody named it."""
        if code == UNMAPPED:
            return self._words("field.unmapped")
        found = self._words.pick(self._rows.get((kind, code), {}), "name") or code
        return found[:1].upper() + found[1:]

    def named(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A figure's row whose name says of which slice it is."""
        if row["slice_kind"] == "all":
            return dict(row)
        part = self.of(row["slice_kind"], row["slice_code"])
        language = self._words.language
        return {**row, f"name_{language}": f"{self._words.pick(row, 'name')} · {part}"}


def show(board: Board, place: Place, figure: Figure, whole: Figure) -> None:
    """The parts of a figure, one kind of slice at a time; the kinds stand above to choose from.

    Args:
        board: the board.
        place: where.
        figure: what is open: the whole figure or one part of it.
        whole: the whole figure.
    """
    words = board.words
    if not (kinds := sorted({row["slice_kind"] for row in _rows(board, place, whole)})):
        return
    asked = board.view.cut.partition(".")[0]
    kind = asked if asked in kinds else kinds[0]
    picks = [
        anchor(board.view.but(figure=figure.id, cut=name, case="", page=1), words(f"field.by.{name}"),
               kind="pick here" if name == kind else "pick")
        for name in kinds
    ]  # fmt: skip
    head = tag("h2", words("field.parts_heading"))
    put(head + (tag("div", join(picks), kind="picks") if len(kinds) > 1 else EMPTY), "parts_head")
    found = parts_of(board, place, whole, kind)
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw(chart(board, place, whole, kind, found), "parts")
    with right:
        put(_table(board, place, figure, kind, found), "parts_table")


def parts_of(board: Board, place: Place, whole: Figure, kind: str) -> list[Part]:
    """A figure's parts by one kind of slice, in the order of their codes."""
    names, found = Names(board), []
    for row in _rows(board, place, whole):
        if row["slice_kind"] == kind:
            figure = Figure(row, board.words)
            found.append(Part(names.of(kind, row["slice_code"]), figure, _state(figure, whole)))
    return sorted(found, key=lambda part: ORDERED.index(part.figure.slice_code) if part.figure.slice_code in ORDERED else 0)


def cut_chart(board: Board, place: Place, whole: Figure, kind: str) -> charts.Chart:
    """A figure by one kind of slice; the sentence of an empty chart where it is not given here."""
    return chart(board, place, whole, kind, parts_of(board, place, whole, kind) if whole.row["period_kind"] else [])


def _rows(board: Board, place: Place, figure: Figure) -> list[dict[str, Any]]:
    end, kind = figure.row["period_end"], figure.row["period_kind"]
    before = month_end(months_before(end, 12)) if kind == "month" else same_day_last_year(end)
    rows = board.source.ask(
        "field__slices", metric=figure.id, area=place.code, period_kind=kind, period_end=end, earlier_end=before
    ).rows(named=True)
    shared = {name: figure.row[name] for name in (*figure_detail.OF_THE_METRIC, *figure_detail.PERIOD)}
    return [{**row, **shared} for row in rows]


def _state(part: Figure, whole: Figure) -> State:
    """Where a part stands against the whole, for a share that has a direction; one that names no code is not compared."""
    if not whole.is_share or whole.row["direction"] == "neutral" or part.slice_code == UNMAPPED:
        return "unknown"
    return against_average(part.part(), whole.part(), is_share=True)


def said_of(board: Board, name: str, figure: Figure, state: State = "unknown") -> str:
    """What a pointed-at mark says."""
    value = f"{figure.value_text} {figure.unit_text}".strip()
    said = [f"<b>{name}</b>", value, figure.interval_text, figure.parts_text, figure.earlier_text]
    said += [board.words(f"status.{state}")] if state != "unknown" else []
    return "<br>".join(text for text in said if text)


def chart(board: Board, place: Place, whole: Figure, kind: str, parts: Sequence[Part]) -> charts.Chart:
    """The parts of a figure: bars for a number of cases, else dots with their intervals."""
    words = board.words
    title = words("field.parts_title", name=whole.name, by=words(f"field.by.{kind}"))
    caption = charts.Caption(title, whole.unit, board.as_of, words("field.parts_empty"))
    shown = [part for part in parts if part.figure.value is not None]
    names = {"now": words("areas.now"), "before": words("areas.before"), "whole": words("field.whole")}
    if whole.is_count:
        return charts.pairs(
            caption, [part.name for part in shown], [float(part.figure.value or 0) for part in shown],
            [None if part.figure.earlier_value is None else float(part.figure.earlier_value) for part in shown],
            names=names, texts=[part.figure.value_text for part in shown],
            hover=[said_of(board, part.name, part.figure) for part in shown],
            ids=[Shown(board, part.figure, place.code).ids[0] for part in shown],
            earlier_ids=[Shown(board, part.figure, place.code).ids[1] for part in shown],
        )  # fmt: skip
    rows = [
        row_of(
            part.name, part.figure, part.state if part.state != "unknown" else "", said_of(board, *part),
            Shown(board, part.figure, place.code).ids,
        )
        for part in shown
    ]  # fmt: skip
    # A rate per residents of a part is smaller than that of the whole by its making: no line to compare with.
    average = float(whole.value) if whole.is_share and whole.value is not None else None
    return breakdown.intervals(caption, rows, average=average, is_share=whole.is_share, names=names)


def row_of(name: str, part: Figure, state: str, hover: str, ids: tuple[str, str]) -> breakdown.Row:
    """A figure as a row of `intervals`; `ids` of it and of the one a year before."""
    low, high = part.row.get("ci_low"), part.row.get("ci_high")
    before = None if part.earlier_value is None else float(part.earlier_value)
    ends = None if low is None or high is None else (float(low), float(high))
    return breakdown.Row(name, float(part.value or 0), ends, before, state, hover, *ids)


def _table(board: Board, place: Place, opened: Figure, kind: str, parts: Sequence[Part]) -> Html:
    words, compares = board.words, any(part.state != "unknown" for part in parts)
    has_den, day = not opened.is_count, board.source.as_of.date()
    columns = [Column(words(f"field.by.{kind}")), Column(words("column.value"), is_number=True)]
    columns += [Column(words("column.parts"), is_number=True)] if has_den else []
    columns += [Column(words("column.earlier"), is_number=True)]
    columns += [Column(words("column.standing"))] if compares else []
    lines = []
    for name, part, state in parts:
        cut = f"{kind}.{part.slice_code}"
        shown = tag("b", name) if figure_card.cut_of(opened) == cut else name
        is_closed, cells_of = is_unopened(kind, part.slice_code, day), Shown(board, part, place.code)
        way = shown if is_closed else anchor(board.view.but(figure=opened.id, cut=cut, case="", page=1), shown)
        cells: list[object] = [way, cells_of.value(has_link=not is_closed)]
        cells += [cells_of.parts(_parts(part))] if has_den else []
        cells += [cells_of.earlier()]
        standing = figure_areas.standing(words, state, opened.row["direction"])
        lines.append([*cells, standing] if compares else cells)
    caption = words("space").join([words("field.parts_order"), words("field.parts_hint")])
    return table(columns, lines, caption=caption)


def _parts(part: Figure) -> str:
    num, den = part.row["num"], part.row["den"]
    if part.value is None or num is None or not den:
        return "—"
    return f"{part.words.number(int(num))} / {part.words.number(int(den))}"
