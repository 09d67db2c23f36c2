"""Two areas side by side: the same figures of both in the same period, each with whether chance explains the difference.

Belongs here: the choice of the two and their table. Does not: all areas of one figure (figure_areas), verdicts (kit.chance).
A count is shown and not compared: it grows with the area.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import streamlit as st

from dashboards.kit import filters
from dashboards.kit.areas import UNASSIGNED, Place, area_name
from dashboards.kit.average import Average, average_of
from dashboards.kit.chance import State, Verdict, against_average, compare, reference
from dashboards.kit.markup import Column, Html, anchor, chip, table, tag
from dashboards.kit.named import Shown
from dashboards.kit.page import Board, put
from dashboards.kit.reading import Figure
from dashboards.kit.words import NOTHING, Words

if TYPE_CHECKING:
    from dashboards.boards.areas import Cut


class Pair(NamedTuple):
    """A figure of two areas. `average`: of the areas in the other, where the one is among them; it is judged against that."""

    one: Figure
    other: Figure
    average: Average | None = None


def show(
    board: Board, place: Place, metrics: Mapping[str, Mapping[str, Any]], cut: Cut, rows: Sequence[dict[str, Any]],
    states: Mapping[str, State], first: Sequence[str],
) -> None:  # fmt: skip
    """The two select boxes and the table: the figures of `first`, and what differs beyond chance."""
    words = board.words
    names = {row["grid_code"]: area_name(board, row, "area") for row in rows if row["grid_code"] != UNASSIGNED}
    if not names:
        return
    put(tag("h2", words("two.heading")), "two_head")
    one, other = chosen(board, place, list(names), states)
    names[place.code] = words("two.whole", area=place.name)
    left, right, _ = st.columns([1, 1, 1.2])
    for column, part, code in ((left, "one", one), (right, "other", other)):
        options = [name for name in names if part == "other" or name != place.code]
        with column:
            filters.choose(words(f"two.{part}"), options, board.view.but(**{part: code}), part, written=names.__getitem__)
    pairs = _pairs(board, metrics, cut, (one, other), is_part=other == place.code)
    if pairs:
        said = tag("p", counted(words, pairs), kind="gap")
        both = ((one, names[one]), (other, names[other]))
        put(said + two_table(board, both, told(pairs, first), basis=cut.basis), "two")
    else:
        put(tag("p", words("two.nothing"), kind="muted"), "two_none")


def chosen(board: Board, place: Place, codes: Sequence[str], states: Mapping[str, State]) -> tuple[str, str]:
    """The two of the address; else the first area beyond its outer limits, or the first, against all of them together."""
    far = [code for code in codes if states[code].startswith("far")]
    one = board.view.one if board.view.one in codes else next(iter([*far, *codes]))
    other = board.view.other if board.view.other in codes and board.view.other != one else place.code
    return one, other


def _pairs(
    board: Board, metrics: Mapping[str, Mapping[str, Any]], cut: Cut, areas: tuple[str, str], *, is_part: bool
) -> list[Pair]:  # fmt: skip
    """Every figure that either of the two has in the period. `is_part`: whether the one lies in the other."""
    found = board.source.ask(
        "areas__two", metrics=tuple(metrics), one=areas[0], other=areas[1], period_kind=cut.kind, period_end=cut.end,
        basis=cut.basis,
    ).rows(named=True)  # fmt: skip
    by_key = {(row["metric_id"], row["grid_code"]): row for row in found}
    pairs = []
    for name, metric in metrics.items():
        rows = [by_key.get((name, code)) for code in areas]
        if any(rows):
            a, b = (Figure(dict(metric) | (row or {"value": None}), board.words) for row in rows)
            pairs.append(Pair(a, b, average_of(b, by_key.get((name, UNASSIGNED))) if is_part else None))
    return pairs


def verdict_of(pair: Pair) -> Verdict:
    """Whether two areas differ by more than chance; one that lies in the other is judged against the average there."""
    a, b, average = pair
    judged = a.row["family"] == "ratio" and a.row.get("ci_low") is not None and b.row.get("ci_low") is not None
    if not judged:
        return "unknown"
    if average is None:
        return compare(a.part(), b.part(), is_share=a.is_share)
    state = against_average(a.part(), average.part, is_share=a.is_share)
    sides: dict[State, Verdict] = {
        "far_above": "more",
        "above": "more",
        "far_below": "less",
        "below": "less",
        "average": "chance",
    }
    return sides.get(state, "unknown")


def counted(words: Words, pairs: Sequence[Pair]) -> str:
    """How many figures differ beyond chance, and how many would if the two did not differ at all."""
    verdicts = [verdict_of(pair) for pair in pairs]
    judged = [verdict for verdict in verdicts if verdict != "unknown"]
    unlike = sum(verdict != "chance" for verdict in judged)
    expected = words.number(len(judged) * (1 - reference("inner_confidence")), 1)
    return words("two.counted", total=len(judged), n=unlike, expected=expected)


def told(pairs: Sequence[Pair], first: Sequence[str]) -> list[Pair]:
    """The figures a leader asks for first, and of the others those that differ beyond chance."""
    return [pair for pair in pairs if pair.one.id in first or verdict_of(pair) in ("more", "less")]


def two_table(board: Board, areas: Sequence[tuple[str, str]], pairs: Sequence[Pair], *, basis: str) -> Html:
    """A line per figure: both values with their interval and parts, and what the difference means.

    Args:
        board: the board.
        areas: code and name of the one and of the other.
        pairs: the same figure of both.
        basis: on which map their numbers are.
    """
    words = board.words
    columns = [
        Column(words("column.figure")), Column(areas[0][1], is_number=True), Column(words("column.parts"), is_number=True),
        Column(areas[1][1], is_number=True), Column(words("column.parts"), is_number=True), Column(words("pair.meaning")),
    ]  # fmt: skip
    lines: list[list[object]] = []
    for pair in pairs:
        a, b, _ = pair
        link = anchor(board.view.but(figure=a.id), a.name)
        here, there = (Shown(board, figure, code, basis) for figure, (code, _) in zip((a, b), areas, strict=True))
        both = [here.value(has_unit=True), here.parts(_parts(a)), there.value(has_unit=True), there.parts(_parts(b))]
        lines.append([link, *both, _meaning(a, verdict_of(pair))])
    averages = [average for _, _, average in pairs if average is not None]
    notes = [words("two.note_part" if averages else "two.note")]
    notes += [words("average.placeless")] if any(average.placeless_n for average in averages) else []
    return table(columns, lines, caption=words("space").join(notes))


def _parts(figure: Figure) -> str:
    num, den = figure.row.get("num"), figure.row.get("den")
    if figure.is_count or num is None or not den:
        return NOTHING
    number = figure.words.number
    return number(int(den)) if figure.row["family"] == "median" else f"{number(int(num))} / {number(int(den))}"


def _meaning(figure: Figure, verdict: Verdict) -> Html:
    words = figure.words
    if verdict == "unknown":
        return tag("span", words("two.not_count" if figure.is_count else "pair.not_judged"), kind="muted small")
    if verdict == "chance":
        return chip(words("two.chance"))
    direction = figure.row["direction"]
    tone = "shift" if direction == "neutral" else "better" if (verdict == "more") == (direction == "higher") else "worse"
    return chip(words(f"two.{verdict}"), tone)
