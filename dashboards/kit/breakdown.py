"""Breakdown: how the parts of a figure are drawn - shares with their intervals, and what became of what was due.

Belongs here: the kinds of chart for parts. Does not: the frame and the colours (charts), which parts there are, words. Parts
stand in the order given, never sorted by their value: a longer bar is no worse part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboards.kit.charts import HALF, PALETTE, STATE_COLOURS, Caption, Chart, Segment, framed, legend_height, named_by, roomy

#: Pixels of a row, and of what stands above and below the rows.
ROW, FRAME = 34, 96
#: Months with a name below a chart.
NAMED = 6


@dataclass(frozen=True, slots=True)
class Row:
    """One part: its value with the ends of its interval, the value a year before, where it stands (STATE_COLOURS).

    `figure` and `figure_before` are the permanent ids of both.
    """

    name: str
    value: float
    ends: tuple[float, float] | None
    before: float | None
    state: str
    hover: str
    figure: str = ""
    figure_before: str = ""


def intervals(
    caption: Caption, rows: Sequence[Row], *, average: float | None, is_share: bool, names: Mapping[str, str]
) -> Chart:  # fmt: skip
    """A dot per part with its 95 % interval, a hollow one for the year before, and a line for the whole.

    Args:
        caption: title, unit, as-of, sentence if empty.
        rows: the parts, from the top.
        average: the value of all parts together; None draws no line.
        is_share: the scale ends at 100.
        names: words for `now`, `before`, `whole`.
    """
    if not rows:
        return Chart(caption, None)
    figure, y = framed(caption), list(range(len(rows)))
    if average is not None:
        figure.add_trace(
            go.Scatter(x=[average] * 2, y=[-0.5, len(rows) - 0.5], name=names["whole"], mode="lines", hoverinfo="skip",
                       line={"color": PALETTE["muted"], "width": 1.5, "dash": "dot"})
        )  # fmt: skip
    if any(row.before is not None for row in rows):
        figure.add_trace(
            go.Scatter(x=[row.before for row in rows], y=y, name=names["before"], mode="markers", hoverinfo="skip",
                       **named_by([row.figure_before for row in rows], "x"),
                       marker={"size": 9, "symbol": "diamond-open", "color": PALETTE["faint"], "line": {"width": 2}})
        )  # fmt: skip
    reach = [row.ends or (row.value, row.value) for row in rows]
    above = [high - row.value for row, (_, high) in zip(rows, reach, strict=True)]
    below = [row.value - low for row, (low, _) in zip(rows, reach, strict=True)]
    figure.add_trace(
        go.Scatter(
            x=[row.value for row in rows], y=y, name=names["now"], mode="markers", text=[row.hover for row in rows],
            hovertemplate="%{text}<extra></extra>", **named_by([row.figure for row in rows], "x"),
            error_x={"type": "data", "symmetric": False, "array": above, "arrayminus": below,
                     "color": PALETTE["muted"], "thickness": 2, "width": 0},
            marker={"size": 12, "color": [STATE_COLOURS.get(row.state, PALETTE["accent"]) for row in rows],
                    "line": {"width": 1, "color": PALETTE["ink"]}},
        )
    )  # fmt: skip
    shown = [end for ends in reach for end in ends] + [row.before for row in rows if row.before is not None]
    figure.update_xaxes(range=roomy([*shown, *([average] if average is not None else [])], is_share=is_share), showgrid=True)
    under = legend_height([trace.name for trace in figure.data], HALF) + 24
    figure.update_layout(height=FRAME + under + ROW * len(rows), margin={"b": 16 + under})
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5], rangemode="normal", tickvals=y, ticktext=[row.name for row in rows],
        tickfont={"size": 13, "color": PALETTE["ink"]}, gridcolor=PALETTE["band"],
    )  # fmt: skip
    return Chart(caption, figure)


def columns(caption: Caption, labels: Sequence[str], segments: Sequence[Segment]) -> Chart:
    """Stacked columns, one per month from the left; `labels` say which."""
    if not labels or not any(any(segment.values) for segment in segments):
        return Chart(caption, None)
    figure, x = framed(caption, height=340), list(range(len(labels)))
    for segment in segments:
        figure.add_trace(
            go.Bar(x=x, y=list(segment.values), name=segment.name, text=list(segment.hover), textposition="none",
                   hovertemplate="%{text}<extra></extra>",
                   marker={"color": segment.colour, "line": {"width": 0.5, "color": PALETTE["paper"]}})
        )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.25)
    _months(figure, labels)
    return Chart(caption, figure)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, its value per month (None breaks it), what each says when pointed at, colour and kind of dash.

    `ids`: which figures its values are.
    """

    name: str
    values: Sequence[float | None]
    hover: Sequence[str]
    colour: str
    dash: str
    ids: Sequence[str] = ()


def lines(caption: Caption, labels: Sequence[str], drawn: Sequence[Line]) -> Chart:
    """Lines over the same months, from zero."""
    if not any(value is not None for line in drawn for value in line.values):
        return Chart(caption, None)
    figure, x = framed(caption, height=340), list(range(len(labels)))
    for line in drawn:
        figure.add_trace(
            go.Scatter(x=x, y=list(line.values), name=line.name, mode="lines+markers", text=list(line.hover),
                       hovertemplate="%{text}<extra></extra>", connectgaps=False, marker={"size": 6},
                       line={"color": line.colour, "width": 2.5, "dash": line.dash}, **named_by(line.ids, "y"))
        )  # fmt: skip
    _months(figure, labels)
    return Chart(caption, figure)


def _months(figure: go.Figure, labels: Sequence[str]) -> None:
    """The last month and a few before it by name: as many as stand side by side in half a page."""
    last = len(labels) - 1
    step = max(1, -(-len(labels) // NAMED))
    shown = [i for i in range(len(labels)) if (last - i) % step == 0]
    figure.update_xaxes(tickvals=shown, ticktext=[labels[i] for i in shown], range=[-0.6, last + 0.6], tickangle=0)
