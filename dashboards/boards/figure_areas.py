"""A figure in areas: on the map, in a funnel (or two bars each), in a table; the same wherever areas are shown.

Belongs here: how the areas of one figure are drawn and listed, in the order of their codes. Does not: which figure, which
areas, which period (overview's figure_detail, the board of areas), limits (kit.chance), drawing (kit.charts, kit.maps).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboards.kit import charts, maps
from dashboards.kit.areas import UNASSIGNED, Place, area_name
from dashboards.kit.average import Average, average_of
from dashboards.kit.chance import State, against_average
from dashboards.kit.markup import EMPTY, Column, Html, anchor, chip, interval_mark, table, tag
from dashboards.kit.named import Shown
from dashboards.kit.page import Board, draw, go_to, put
from dashboards.kit.reading import Figure
from dashboards.kit.words import Words

#: The row of an area (its code, names, outline) and the figure there.
Found = Sequence[tuple[dict[str, Any], Figure]]
STATES: tuple[State, ...] = ("far_above", "above", "average", "below", "far_below", "unknown")


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure in areas beside each other.

    Attributes:
        figure: of the area that holds them.
        found: of each of them, in the order of their codes.
        average: what they are compared with.
        states: where each stands in the funnel around it; unknown where no funnel is.
        basis: on which map their numbers are, as permanent ids say it.
    """

    figure: Figure
    found: Found
    average: Average
    states: dict[str, State]
    basis: str

    def shown(self, board: Board, row: dict[str, Any], area: Figure) -> Shown:
        """An area's figure as cells that say which it is."""
        return Shown(board, area, row["grid_code"], self.basis)


def compared_of(figure: Figure, found: Found, *, basis: str = "as_was") -> Compared:
    """The areas of a figure against their average. `basis`: on which map the query was asked for them."""
    average = average_of(figure, next((area.row for row, area in found if row["grid_code"] == UNASSIGNED), None))
    states: dict[str, State] = {
        row["grid_code"]: against_average(area.part(), average.part, is_share=area.is_share)
        if average.part and _has_chance(figure) and row["grid_code"] != UNASSIGNED
        else "unknown"
        for row, area in found
    }
    return Compared(figure, found, average, states, basis)


def _has_chance(figure: Figure) -> bool:
    """Whether chance is a model of it: posts are planned and checks weighted, so the marts give them no interval."""
    return figure.row.get("ci_low") is not None


def draw_both(board: Board, compared: Compared) -> None:
    """The map, and beside it the funnel; of a count two bars each."""
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw(_map(board, compared), "map", into=lambda code: go_to(board.view.but(area=code, case="", page=1)))
    with right:
        if compared.figure.is_count:
            draw(_pairs(board, compared), "pairs")
        else:
            draw(_funnel(board, compared), "funnel")


def _float(value: Decimal | float | None) -> float | None:
    return None if value is None else float(value)


def _hover(board: Board, row: dict[str, Any], area: Figure, state: State) -> str:
    value = f"{area.value_text} {area.unit_text}".strip() if area.value is not None else area.why_none
    said = [f"<b>{area_name(board, row, 'area')}</b>", value, area.interval_text, area.parts_text]
    said += [board.words(f"status.{state}")] if state != "unknown" else []
    return "<br>".join(text for text in said if text)


def _map(board: Board, compared: Compared) -> charts.Chart:
    """By where each area stands; where no funnel is, by how much there is."""
    words, figure, found, states = board.words, compared.figure, compared.found, compared.states
    names: dict[str, str] = {state: words(f"status.{state}") for state in STATES}
    colours: dict[str, str] = dict(states)
    known = {row["grid_code"]: float(area.value) for row, area in found if area.value is not None}
    cuts = charts.edges([value for code, value in known.items() if code != UNASSIGNED])
    by_amount = bool(cuts) and all(state == "unknown" for state in states.values())
    if by_amount:
        names = _amounts(figure, sorted(known.values()), cuts) | {"unknown": words("areas.no_value")}
        colours |= {code: f"step_{charts.step_of(value, cuts)}" for code, value in known.items()}
    areas = [
        maps.Area(row["grid_code"], area_name(board, row, "area"), row["geom_wkt"] or "", colours[row["grid_code"]],
                  _hover(board, row, area, states[row["grid_code"]]))
        for row, area in found
    ]  # fmt: skip
    title = words("areas.map_amount" if by_amount else "areas.map", name=figure.name)
    return maps.area_map(charts.Caption(title, figure.unit, board.as_of, words("areas.map_empty")), areas, names)


def _amounts(figure: Figure, known: list[float], cuts: Sequence[float]) -> dict[str, str]:
    """What each step of colour stands for: from the least to the most that is there."""
    found, number = {}, figure.words.number
    for step in range(len(cuts) + 1):
        of_step = [value for value in known if charts.step_of(value, cuts) == step]
        if of_step:
            low, high = number(of_step[0], figure.decimals), number(of_step[-1], figure.decimals)
            found[f"step_{step}"] = low if low == high else f"{low} – {high}"
    return found


def _funnel(board: Board, compared: Compared) -> charts.Chart:
    words, figure, states = board.words, compared.figure, compared.states
    caption = charts.Caption(words("areas.funnel", name=figure.name), figure.unit, board.as_of, words("areas.funnel_empty"))
    average = compared.average.part
    if average is None or not _has_chance(figure):
        return charts.Chart(caption, None)
    points = [
        charts.Point(area_name(board, row, "area"), part, states[row["grid_code"]],
                     _hover(board, row, area, states[row["grid_code"]]), compared.shown(board, row, area).ids[0])
        for row, area in compared.found
        if (part := area.part()) is not None and states[row["grid_code"]] != "unknown"
    ]  # fmt: skip
    names: dict[str, str] = {state: words(f"status.{state}") for state in STATES}
    names |= {name: words(f"areas.{name}") for name in ("inner", "outer", "middle")}
    base = words(f"areas.base_{figure.row['population'] or 'cases'}")
    return charts.funnel(caption, points, average, scale=figure.scale, is_share=figure.is_share, names=names, base=base)


def _pairs(board: Board, compared: Compared) -> charts.Chart:
    words, figure, found = board.words, compared.figure, compared.found
    ids = [compared.shown(board, row, area).ids for row, area in found]
    caption = charts.Caption(words("areas.pairs", name=figure.name), figure.unit, board.as_of, words("areas.pairs_empty"))
    return charts.pairs(
        caption, [area_name(board, row, "area") for row, _ in found],
        [float(area.value or 0) for _, area in found], [_float(area.earlier_value) for _, area in found],
        names={"now": words("areas.now"), "before": words("areas.before")},
        texts=[area.value_text for _, area in found], hover=[_hover(board, row, area, "unknown") for row, area in found],
        ids=[now for now, _ in ids], earlier_ids=[before for _, before in ids],
    )  # fmt: skip


def draw_table(board: Board, place: Place, compared: Compared) -> None:
    """A line per area: value, interval, where it stands, the year before, its parts."""
    figure, found, states, average = compared.figure, compared.found, compared.states, compared.average
    words, view = board.words, board.view.but(case="", page=1, figure=figure.id)
    ends = None if figure.is_count else _ends([area for _, area in found])
    compares, placeless = any(state != "unknown" for state in states.values()), average.placeless_n
    columns = [Column(words("column.area")), Column(words("column.value"), is_number=True)]
    columns += [Column(words("column.interval"), hint=words("areas.scale", area=place.name))] if ends else []
    columns += [Column(words("column.standing"))] if compares else []
    columns += [Column(words("column.earlier"), is_number=True), Column(words("column.change"), is_number=True)]
    columns += [] if figure.is_count else [Column(words("column.parts"), is_number=True)]
    lines = []
    for row, area in found:
        code = row["grid_code"]
        name = area_name(board, row, "area")
        shown = compared.shown(board, row, area)
        # Cases without an area have none within: their number leads to them.
        cells: list[object] = [name if code == UNASSIGNED else anchor(view.but(area=code), name), shown.value()]
        cells += [shown.interval(_mark(area, average.value, ends, states[code]))] if ends else []
        cells += [standing(words, states[code], figure.row["direction"])] if compares else []
        cells += [shown.earlier(), _change(area)]
        cells += [] if figure.is_count else [shown.parts(_parts(area))]
        lines.append(cells)
    unplaced = sum(row["grid_code"] == UNASSIGNED for row, _ in found)
    said = [
        words("areas.order"),
        words("areas.no_ranking") if figure.is_count else "",
        words("areas.scale", area=place.name) if ends else "",
        words("areas.placeless", n=words.number(placeless)) if placeless else "",
    ]
    caption = words("space").join(sentence for sentence in said if sentence)
    put(table(columns, lines, foot=unplaced, caption=caption), "areas_table")


def draw_names(board: Board, found: Found) -> None:
    """The areas as links, where the figure is not given in them."""
    view = board.view.but(case="", page=1)
    links = [[anchor(view.but(area=row["grid_code"]), area_name(board, row, "area"))] for row, _ in found]
    put(table([Column(board.words("column.area"))], links), "areas_links")


def _ends(areas: list[Figure]) -> tuple[float, float] | None:
    known = [area for area in areas if area.value is not None and area.row["ci_low"] is not None]
    if not known:
        return None
    low, high = min(float(area.row["ci_low"]) for area in known), max(float(area.row["ci_high"]) for area in known)
    return (low, high if high > low else low + 1.0)


def _mark(area: Figure, average: float | None, ends: tuple[float, float], state: State) -> object:
    if area.value is None or area.row["ci_low"] is None:
        return ""
    low, high = float(area.row["ci_low"]), float(area.row["ci_high"])
    label = f"{area.words.number(low, area.decimals)} – {area.words.number(high, area.decimals)}"
    mark = interval_mark(float(area.value), low, high, average=average, ends=ends, state=state, label=label)
    return tag("span", mark, title=label)


def standing(words: Words, state: State, direction: str) -> Html:
    """Where an area or a part stands against the whole, as a chip: the colours of better and worse as they are elsewhere."""
    if state == "unknown":
        return EMPTY
    good = {"higher": "far_above", "lower": "far_below"}.get(direction)
    far = "shift" if good is None else "better" if state == good else "worse"
    return chip(words(f"status.{state}"), far if state.startswith("far") else "")


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
