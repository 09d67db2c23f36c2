"""Waterfall: from one value to another by steps that add up, in the grammar of charts.

Belongs here: this kind of chart. Does not: which steps there are, words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from dashboards.kit.charts import PALETTE, Caption, Chart, framed


@dataclass(frozen=True, slots=True)
class Fall:
    """One step: its name, the value before and after it, what stands beside it, what it says when pointed at."""

    name: str
    before: float
    after: float
    text: str
    hover: str


def ends_of(values: Sequence[float]) -> tuple[float, float]:
    """The part of the scale that is drawn: where the values move, with room for what is written beside them."""
    low, high = min(values), max(values)
    room = (high - low) or abs(high) * 0.01 or 1.0
    return low - 0.15 * room, high + 0.4 * room


def waterfall(caption: Caption, first: Fall, steps: Sequence[Fall], last: Fall, *, names: tuple[str, str]) -> Chart:
    """A row per step, top to bottom; the first and the last value are points, for the scale does not begin at zero.

    Args:
        caption: title, unit, as-of, sentence if empty.
        first: the earlier value (`before` and `after` are the same).
        steps: what moved it, in their order; each begins where the one before ends.
        last: the later value.
        names: words for a step up and a step down.
    """
    if not steps:
        return Chart(caption, None)
    rows = [first, *steps, last]
    figure = framed(caption, height=130 + 34 * len(rows))
    for sign, (name, colour) in enumerate(zip(names, (PALETTE["blue"], PALETTE["orange"]), strict=True)):
        own = [step for step in steps if (step.after < step.before) == bool(sign)]
        if own:
            figure.add_trace(
                go.Bar(
                    y=[step.name for step in own], x=[step.after - step.before for step in own], base=[s.before for s in own],
                    orientation="h", name=name, marker={"color": colour}, customdata=[step.hover for step in own], width=0.55,
                    hovertemplate="%{customdata}<extra></extra>",
                )
            )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            y=[first.name, last.name], x=[first.after, last.after], mode="markers", showlegend=False,
            customdata=[first.hover, last.hover], hovertemplate="%{customdata}<extra></extra>",
            marker={"size": 13, "symbol": "diamond", "color": PALETTE["ink"]},
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            y=[row.name for row in rows], x=[max(row.before, row.after) for row in rows], mode="text", showlegend=False,
            text=[f"  {row.text}" for row in rows], textposition="middle right", hoverinfo="skip", cliponaxis=False,
        )
    )  # fmt: skip
    values = [value for row in rows for value in (row.before, row.after)]
    figure.update_yaxes(
        categoryorder="array", categoryarray=[row.name for row in reversed(rows)], gridcolor=PALETTE["paper"],
        tickfont={"size": 13, "color": PALETTE["ink"]}, rangemode="normal",
    )  # fmt: skip
    figure.update_xaxes(range=list(ends_of(values)))
    figure.update_layout(barmode="overlay", bargap=0.3)
    return Chart(caption, figure)
