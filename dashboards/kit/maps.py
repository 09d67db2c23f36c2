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
from dashboards.kit.charts import PALETTE, STATE_COLOURS, Caption, Chart, framed


@dataclass(frozen=True, slots=True)
class Area:
    """An area of a map; `wkt` may be empty, `state` is a key of STATE_COLOURS."""

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


def _label(area: Area) -> tuple[float, float] | None:
    try:
        shape = shapely.from_wkt(area.wkt)
        point = shape.representative_point()
    except (shapely.errors.GEOSException, AttributeError):
        return None
    return None if point.is_empty else (point.x, point.y)


def _polygon(area: Area, drawn: list[tuple[list[float], list[float]]]) -> go.Scatter:
    x: list[float | None] = []
    y: list[float | None] = []
    for xs, ys in drawn:
        x, y = [*x, *xs, None], [*y, *ys, None]
    return go.Scatter(
        x=x[:-1], y=y[:-1], mode="lines", fill="toself", fillcolor=STATE_COLOURS[area.state], name=area.name,
        line={"color": PALETTE["paper"], "width": 1.5}, hoveron="fills", hoverinfo="text", text=area.hover, showlegend=False,
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
    figure = framed(caption, height=440)
    for area, drawn in shapes:
        figure.add_trace(_polygon(area, drawn))
    _legend(figure, [area for area, _ in shapes], states)
    _names(figure, [area for area, _ in shapes])
    middle = sum(drawn[0][1][0] for _, drawn in shapes) / len(shapes)
    # Degrees of longitude shrink with latitude; a plane city grid (|y| > 90) is drawn as it is.
    ratio = 1 / math.cos(math.radians(middle)) if abs(middle) < 90 else 1.0  # noqa: PLR2004
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x", scaleratio=ratio, rangemode="normal")
    figure.update_layout(margin={"l": 4, "r": 4, "b": 56})
    return Chart(caption, figure)


def _legend(figure: go.Figure, areas: Sequence[Area], states: Mapping[str, str]) -> None:
    present = {area.state for area in areas}
    for state, name in states.items():
        if state in present:
            marker = {"size": 12, "symbol": "square", "color": STATE_COLOURS[state],
                      "line": {"width": 1, "color": PALETTE["line"]}}  # fmt: skip
            figure.add_trace(go.Scatter(x=[None], y=[None], mode="markers", name=name, marker=marker))


def _names(figure: go.Figure, areas: Sequence[Area]) -> None:
    if len(areas) > whole("areas_labelled"):
        return
    places = [(area, place) for area in areas if (place := _label(area))]
    dark = {"far_above", "far_below"}
    figure.add_trace(
        go.Scatter(
            x=[place[0] for _, place in places], y=[place[1] for _, place in places], mode="text",
            text=[area.name for area, _ in places], hoverinfo="skip", showlegend=False,
            textfont={"size": 12, "color": [PALETTE["paper"] if a.state in dark else PALETTE["ink"] for a, _ in places]},
        )
    )  # fmt: skip
