"""Maps: areas drawn from the polygons of the grid itself, with no tile and no request.

Belongs here: reading WKT into rings, drawing them in the grammar of charts. Does not: which areas, which colour means
what (charts), the table that stands in where areas have no polygon (the board shows it anyway, beside the map).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import shapely

from dashboards.kit.chance import whole
from dashboards.kit.charts import LATIN, PALETTE, SEQUENCE, STATE_COLOURS, Caption, Chart, framed

#: Pixels of the plot beside the funnel, of a letter and of a line; names that would overlap are left to the pointer.
PLOT = (600.0, 310.0)
WIDE, NARROW, LINE = 13.0, 7.5, 17.0


@dataclass(frozen=True, slots=True)
class Area:
    """An area of a map; `wkt` may be empty, `state` is a key of STATE_COLOURS, or `step_<n>` of SEQUENCE."""

    code: str
    name: str
    wkt: str
    state: str
    hover: str


def rings(wkt: str) -> list[tuple[list[float], list[float]]]:
    """The outer rings of a POLYGON or MULTIPOLYGON as (x, y) lists; none for an empty or broken text."""
    try:
        shape = shapely.from_wkt(wkt)
    except shapely.errors.GEOSException:
        return []
    parts = getattr(shape, "geoms", [shape]) if shape is not None else []
    outer = [part.exterior.coords for part in parts if part.geom_type == "Polygon" and not part.is_empty]
    return [([x for x, *_ in ring], [y for _, y, *_ in ring]) for ring in outer]


def colour_of(state: str) -> str:
    """The colour of a state or a step."""
    return STATE_COLOURS[state] if state in STATE_COLOURS else SEQUENCE[int(state.removeprefix("step_"))]


def _polygon(area: Area, drawn: list[tuple[list[float], list[float]]]) -> go.Scatter:
    x: list[float | None] = []
    y: list[float | None] = []
    for xs, ys in drawn:
        x, y = [*x, *xs, None], [*y, *ys, None]
    line = {"color": PALETTE["grey" if area.state == "unknown" else "paper"], "width": 1.2}
    return go.Scatter(
        x=x[:-1], y=y[:-1], mode="lines", fill="toself", fillcolor=colour_of(area.state), name=area.name,
        line=line, hoveron="fills", hoverinfo="text", text=area.hover, showlegend=False,
    )  # fmt: skip


def area_map(caption: Caption, areas: Sequence[Area], states: Mapping[str, str]) -> Chart:
    """The areas with a polygon, coloured by where they stand; a sentence if none has one.

    Args:
        caption: title, unit, as-of, sentence if empty.
        areas: what to draw.
        states: words for each state, in the order of the legend.
    """
    shapes = [(area, rings(area.wkt)) for area in areas if area.wkt]
    shapes = [(area, drawn) for area, drawn in shapes if drawn]
    if not shapes:
        return Chart(caption, None)
    figure = framed(caption, height=420)
    for area, drawn in shapes:
        figure.add_trace(_polygon(area, drawn))
    _legend(figure, [area for area, _ in shapes], states)
    bounds = shapely.union_all([shapely.from_wkt(area.wkt) for area, _ in shapes]).bounds
    middle = (bounds[1] + bounds[3]) / 2
    # Degrees of longitude shrink with latitude; a plane city grid (|y| > 90) is drawn as it is.
    ratio = 1 / math.cos(math.radians(middle)) if abs(middle) < 90 else 1.0  # noqa: PLR2004
    _names(figure, [area for area, _ in shapes], bounds, ratio)
    _handles(figure, [area for area, _ in shapes])
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x", scaleratio=ratio, rangemode="normal")
    figure.update_layout(margin={"l": 4, "r": 4, "b": 56})
    return Chart(caption, figure)


def _legend(figure: go.Figure, areas: Sequence[Area], states: Mapping[str, str]) -> None:
    present = {area.state for area in areas}
    for state, name in states.items():
        if state in present:
            marker = {"size": 12, "symbol": "square", "color": colour_of(state),
                      "line": {"width": 1, "color": PALETTE["line"]}}  # fmt: skip
            figure.add_trace(go.Scatter(x=[None], y=[None], mode="markers", name=name, marker=marker))


def _handles(figure: go.Figure, areas: Sequence[Area]) -> None:
    """What a click on an area takes hold of: a mark that is not seen, in the middle of each; `customdata` is its code."""
    points = [shapely.from_wkt(area.wkt).representative_point() for area in areas]
    unseen = {"marker": {"opacity": 0}}
    figure.add_trace(
        go.Scatter(
            x=[point.x for point in points], y=[point.y for point in points], mode="markers", showlegend=False,
            customdata=[area.code for area in areas], text=[area.hover for area in areas], hoverinfo="text",
            marker={"size": 34, "opacity": 0, "color": PALETTE["paper"]}, selected=unseen, unselected=unseen,
        )
    )  # fmt: skip


def _names(figure: go.Figure, areas: Sequence[Area], bounds: tuple[float, float, float, float], ratio: float) -> None:
    """Write names where they do not run into one another: the larger area keeps its name."""
    if len(areas) > whole("areas_labelled"):
        return
    left, bottom, right, top = bounds
    # The plot is PLOT pixels; one of its sides holds the map, whose degrees of latitude are `ratio` times as long.
    pixel = max((right - left) / PLOT[0], (top - bottom) * ratio / PLOT[1]) or 1.0
    placed: list[tuple[float, float, float]] = []
    chosen: list[tuple[Area, float, float]] = []
    for area in sorted(areas, key=lambda one: -shapely.from_wkt(one.wkt).area):
        point = shapely.from_wkt(area.wkt).representative_point()
        half = sum(WIDE if ord(letter) > LATIN else NARROW for letter in area.name) / 2 * pixel
        at, height = point.y * ratio, LINE * pixel
        if all(abs(point.x - x) > half + other or abs(at - y) > height for x, y, other in placed):
            placed.append((point.x, at, half))
            chosen.append((area, point.x, point.y))
    dark = {"far_above", "far_below", "step_2", "step_3", "step_4"}
    figure.add_trace(
        go.Scatter(
            x=[x for _, x, _ in chosen], y=[y for _, _, y in chosen], mode="text",
            text=[area.name for area, *_ in chosen], hoverinfo="skip", showlegend=False,
            textfont={"size": 12, "color": [PALETTE["paper"] if area.state in dark else PALETTE["ink"] for area, *_ in chosen]},
        )
    )  # fmt: skip
