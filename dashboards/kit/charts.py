"""Charts: the one grammar in which boards draw, and the only place of colours.

Belongs here: palette, fonts, the kinds of chart (trend, funnel, stacked bars), what every one of them carries: a title,
the unit, the as-of time, and a sentence instead of an empty frame. Does not: queries, words, maps (maps draws with
the same grammar). Nothing is fetched: no web font, no tile, no template from elsewhere.

A point that is a published figure carries its permanent id: Plotly's `ids` of the trace, one per point (empty: no figure), with
`meta` naming the axis, x or y, on which the figure stands. Nothing of it is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import plotly.graph_objects as go

from dashboards.kit.chance import Part, ProcessLimits, limits_of, reference
from dashboards.kit.disarm import disarm

#: Colour-blind safe (M. Okabe, K. Ito 2008); blue and orange never mean good and bad by themselves.
PALETTE = {
    "ink": "#16212c", "muted": "#5a6875", "faint": "#8b98a5", "line": "#dbe2e8", "wash": "#f4f7f9", "paper": "#ffffff",
    "accent": "#0b5c8f", "accent-wash": "#e7f1f8", "blue": "#0072b2", "sky": "#56b4e9", "orange": "#d55e00",
    "amber": "#e69f00", "amber-wash": "#fdf3dc", "orange-wash": "#fbe9df", "grey": "#a9b4be", "band": "#eaeff3",
}  # fmt: skip
#: Where an area stands: two hues, darker where it is further out, grey where it is like the average.
STATE_COLOURS = {
    "far_above": "#b34700", "above": "#eda56b", "average": "#d5dce2", "below": "#8fc1e3", "far_below": "#00588a",
    "unknown": "#f0f3f6",
}  # fmt: skip
#: Ages of open cases, young to old; what stopped a row.
SEQUENCE = ("#cfe3f1", "#8fc1e3", "#4a97c9", "#1c6da3", "#0b4468", "#04263c")
FONT = '"Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "Source Sans", sans-serif'
FONT_SIZE = 13
#: Pixels of a chart that stands beside another.
HALF = 560
#: Letters beyond this code point are written in full squares.
LATIN = 0x2E80
#: Plotly's own buttons and their English tips are left out.
CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}


#: Steps of colour of what is only more or less.
STEPS = 5


def edges(values: Sequence[float]) -> list[float]:
    """The least number of each step of colour but the first: fifths of the numbers, without repeats."""
    ordered = sorted(values)
    if not ordered:
        return []
    cuts = [ordered[min(len(ordered) * step // STEPS, len(ordered) - 1)] for step in range(1, STEPS)]
    return sorted({cut for cut in cuts if cut > ordered[0]})


def step_of(value: float, cuts: Sequence[float]) -> int:
    """The step of colour of a number."""
    return sum(value >= cut for cut in cuts)


@dataclass(frozen=True, slots=True)
class Caption:
    """What every chart says about itself. `empty` is the sentence that stands where there is nothing to draw."""

    title: str
    unit: str
    as_of: str
    empty: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart, or the sentence that stands in for it."""

    caption: Caption
    figure: go.Figure | None
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Whatever is drawn, a name in it is text."""
        if self.figure is not None:
            disarm(self.figure)

    @property
    def sentence(self) -> str:
        """Why nothing is drawn; empty where something is."""
        return "" if self.figure is not None else self.caption.empty


def css_variables() -> str:
    """The palette as CSS custom properties, for style.css."""
    rules = [f"--{name}: {value};" for name, value in PALETTE.items()]
    rules += [f"--state-{name.replace('_', '-')}: {value};" for name, value in STATE_COLOURS.items()]
    rules += [f"--step-{number}: {value};" for number, value in enumerate(SEQUENCE)]
    return f":root {{ {' '.join(rules)} --font: {FONT}; }}"


def framed(caption: Caption, *, height: int = 320, legend: bool = True) -> go.Figure:
    """An empty figure that carries its caption.

    Its layout is given in one piece: told piece by piece to a finished figure it took 21 ms of CPU for each chart instead of
    2 (plotly 6, 2026-11-23), and a board of a field has ten.
    """
    subtitle = " · ".join(part for part in (caption.unit, caption.as_of) if part)
    axis = {"gridcolor": PALETTE["line"], "linecolor": PALETTE["line"], "zeroline": False, "fixedrange": True,
            "tickfont": {"size": 12, "color": PALETTE["muted"]}, "title": {"font": {"size": 12}}}  # fmt: skip
    layout = {
        "template": {}, "height": height, "paper_bgcolor": PALETTE["paper"], "plot_bgcolor": PALETTE["paper"],
        "font": {"family": FONT, "size": FONT_SIZE, "color": PALETTE["ink"]},
        "title": {
            "text": caption.title, "x": 0, "xref": "container", "xanchor": "left", "y": 0.98, "yanchor": "top",
            "font": {"size": 15, "weight": 600},
            "subtitle": {"text": subtitle, "font": {"size": 12, "color": PALETTE["muted"]}},
        },
        "margin": {"l": 56, "r": 20, "t": 64, "b": 64 if legend else 40}, "showlegend": legend, "hovermode": "closest",
        "legend": {"orientation": "h", "x": 0, "xref": "container", "y": 0, "yref": "container", "yanchor": "bottom",
                   "traceorder": "normal", "font": {"size": 12}, "itemclick": False, "itemdoubleclick": False},
        "hoverlabel": {"bgcolor": PALETTE["paper"], "bordercolor": PALETTE["line"],
                       "font": {"family": FONT, "size": 12, "color": PALETTE["ink"]}},
        "dragmode": False,
        # On a phone months stand aslant and the legend has three rows: the plot gives way to both, they never overlap.
        "xaxis": {**axis, "showgrid": False, "ticks": "outside", "ticklen": 4, "tickcolor": PALETTE["line"],
                  "automargin": True, "autotickangles": [0, 45]},
        "yaxis": {**axis, "rangemode": "tozero", "automargin": True},
    }  # fmt: skip
    return go.Figure(layout=layout)


def named_by(ids: Sequence[str], axis: Literal["x", "y"]) -> dict[str, Any]:
    """What a trace is given so that its points carry figures: their ids, and on which axis they stand."""
    return {"ids": list(ids), "meta": axis} if any(ids) else {}


def _line(name: str, x: Sequence[Any], y: Sequence[Any], hover: Sequence[str], **style: Any) -> go.Scatter:
    return go.Scatter(
        x=list(x), y=list(y), name=name, mode=style.pop("mode", "lines"), text=list(hover), connectgaps=False,
        hovertemplate="%{text}<extra></extra>" if hover else None, hoverinfo=None if hover else "skip", **style,
    )  # fmt: skip


def _band(figure: go.Figure, x: Sequence[int], limits: ProcessLimits | None, names: Mapping[str, str]) -> None:
    """The range of a series' own variation and its mean."""
    if limits is None:
        return
    for end, fill in ((limits.low, None), (limits.high, "tonexty")):
        figure.add_trace(
            _line(names["limits"], x, [end] * len(x), (), fill=fill, fillcolor=PALETTE["band"],
                  line={"width": 0}, showlegend=fill is not None)
        )  # fmt: skip
    figure.add_trace(
        _line(names["mean"], x, [limits.mean] * len(x), (), line={"color": PALETTE["faint"], "width": 1, "dash": "dot"})
    )


def trend(
    caption: Caption,
    *,
    labels: Sequence[str],
    values: Sequence[float | None],
    earlier: Sequence[float | None],
    limits: ProcessLimits | None,
    names: Mapping[str, str],
    hover: Sequence[str],
    is_share: bool = False,
    targets: Sequence[float | None] = (),
    marked: Sequence[int] | None = None,
    ids: Sequence[str] = (),
    earlier_ids: Sequence[str] = (),
) -> Chart:
    """One value per month against the same month a year before and the limits of its own past.

    Args:
        caption: title, unit, as-of, sentence if empty.
        labels: how each month is written, in time order.
        values: the figure of each complete month; None where it has none.
        earlier: the same months one year before.
        limits: XmR limits, or None where the series is too short.
        names: words for `now`, `earlier`, `mean`, `limits`, `outside`, and `target` where there are targets.
        hover: what a pointed-at month says.
        is_share: a share is drawn on the part of the scale where it moves; counts and rates from zero.
        targets: what each month is to reach.
        marked: which months are unlike the others; else those outside the limits.
        ids: which figures `values` are.
        earlier_ids: which figures `earlier` are.
    """
    if not any(value is not None for value in values):
        return Chart(caption, None)
    figure, x = framed(caption), list(range(len(labels)))
    _band(figure, x, limits, names)
    if any(value is not None for value in earlier):
        style = {"color": PALETTE["grey"], "width": 2, "dash": "dash"}
        figure.add_trace(_line(names["earlier"], x, earlier, (), line=style, **named_by(earlier_ids, "y")))
    aims = [value for value in targets if value is not None]
    if aims:
        style = {"color": PALETTE["orange"], "width": 1.5, "dash": "longdash", "shape": "hvh"}
        figure.add_trace(_line(names["target"], x, targets, (), line=style))
    figure.add_trace(
        _line(names["now"], x, values, hover, mode="lines+markers", line={"color": PALETTE["accent"], "width": 2.5},
              marker={"size": 6}, **named_by(ids, "y"))
    )  # fmt: skip
    beyond = [i for i, v in enumerate(values) if v is not None and limits is not None and limits.is_outside(v)]
    outside = beyond if marked is None else marked
    if outside:
        figure.add_trace(
            _line(names["outside"], outside, [values[i] for i in outside], [hover[i] for i in outside], mode="markers",
                  marker={"size": 12, "symbol": "diamond-open", "color": PALETTE["orange"], "line": {"width": 2.5}})
        )  # fmt: skip
    if is_share:
        known = [value for value in [*values, *earlier, *aims] if value is not None]
        figure.update_yaxes(
            rangemode="normal", range=roomy([*known, *((limits.low, limits.high) if limits else ())], is_share=True)
        )
    _month_axis(figure, labels)
    return Chart(caption, figure)


def _month_axis(figure: go.Figure, labels: Sequence[str]) -> None:
    """At most twelve labels, the last one always."""
    last, step = len(labels) - 1, max(1, -(-len(labels) // 12))
    shown = [i for i in range(len(labels)) if (last - i) % step == 0]
    figure.update_xaxes(tickvals=shown, ticktext=[labels[i] for i in shown], range=[-0.4, last + 0.4])


@dataclass(frozen=True, slots=True)
class Point:
    """An area in a funnel plot; `state` is a key of STATE_COLOURS, `figure` its permanent id."""

    name: str
    part: Part
    state: str
    hover: str
    figure: str = ""


def _limit_curves(average: Part, most: int, least: int, confidence: float, *, is_share: bool) -> tuple[list[int], list[Any]]:
    """Denominators and the (low, high) numerators between which `confidence` of areas like the average lie."""
    steps = 60
    first = max(1, least // 2)
    # Closer together where the limits bend.
    dens = sorted({round(first * (most * 1.06 / first) ** (i / steps)) for i in range(steps + 1)})
    found = [limits_of(average, den, confidence, is_share=is_share) for den in dens]
    return dens, found


def funnel(
    caption: Caption, points: Sequence[Point], average: Part, *, scale: int, is_share: bool, names: Mapping[str, str], base: str
) -> Chart:
    """Areas by their size, between the limits within which chance alone would put them.

    Args:
        caption: title, unit, as-of, sentence if empty.
        points: one per area.
        average: the figure of the area that holds them.
        scale: 100 for percent, 1,000 or 10,000 for a rate.
        is_share: binomial limits, else Poisson.
        names: words for `inner`, `outer`, `middle` and every state.
        base: what the denominator is, for the lower axis.
    """
    points = [point for point in points if point.part.den > 0]
    if not points or average.den < 1:
        return Chart(caption, None)
    figure = framed(caption, height=420)
    sizes = [point.part.den for point in points]
    for name, colour in (("outer", PALETTE["grey"]), ("inner", PALETTE["sky"])):
        dens, limits = _limit_curves(average, max(sizes), min(sizes), reference(f"{name}_confidence"), is_share=is_share)
        for end in ("low", "high"):
            y = [getattr(found, end) / den * scale for den, found in zip(dens, limits, strict=True)]
            style = {"color": colour, "width": 1.5, "dash": "dot" if name == "outer" else "solid", "shape": "spline"}
            figure.add_trace(_line(names[name], dens, y, (), line=style, showlegend=end == "low"))
    middle = average.num / average.den * scale
    ends = [max(1, min(sizes) // 2), max(sizes) * 1.06]
    figure.add_trace(_line(names["middle"], ends, [middle] * 2, (), line={"color": PALETTE["muted"], "width": 1.5}))
    for state in ("far_below", "below", "average", "above", "far_above"):
        some = [point for point in points if point.state == state]
        if some:
            figure.add_trace(_points(names[state], some, state, scale))
    figure.update_layout(
        margin={"b": 56 + legend_height([trace.name for trace in figure.data if trace.showlegend is not False], HALF)}
    )
    figure.update_xaxes(title={"text": base, "standoff": 8}, range=ends, tickformat=",d")
    if max(sizes) > reference("funnel_log_from") * min(sizes):
        # One that is many times the others would press them against the axis.
        figure.update_xaxes(type="log", range=[math.log10(end) for end in ends], dtick=1)
    seen = sorted(sizes)[len(sizes) // 2]
    usual = limits_of(average, seen, reference("outer_confidence"), is_share=is_share)
    heights = [point.part.num / point.part.den * scale for point in points]
    limits_there = [usual.low / seen * scale, usual.high / seen * scale]
    figure.update_yaxes(rangemode="normal", range=roomy([*heights, middle, *limits_there], is_share=is_share))
    return Chart(caption, figure)


def roomy(values: Sequence[float], *, is_share: bool) -> list[float]:
    """The part of a scale that holds `values` with some air; a share goes from 0 to 100."""
    low, high = min(values), max(values)
    room = max((high - low) * 0.2, abs(high) * 0.002, 1e-9)
    top = min(high + room, 100.0 + room / 4) if is_share else high + room
    return [max(0.0, low - room), top]


def legend_height(names: Sequence[str], width: int) -> int:
    """Pixels that a legend of these names takes below a plot of `width` pixels."""
    long = sum(sum(13 if ord(letter) > LATIN else 7 for letter in name) + 52 for name in names)
    return 24 * -(-long // width)


def _points(name: str, points: Sequence[Point], state: str, scale: int) -> go.Scatter:
    far = state.startswith("far")
    return _line(
        name, [p.part.den for p in points], [p.part.num / p.part.den * scale for p in points], [p.hover for p in points],
        mode="markers+text" if far else "markers", texttemplate="%{customdata}", textposition="top center",
        textfont={"size": 12}, customdata=[p.name for p in points], **named_by([p.figure for p in points], "y"),
        marker={"size": 11, "color": STATE_COLOURS[state], "line": {"width": 1, "color": PALETTE["ink"]}},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segment:
    """One colour of a stacked bar: its name, its length per row, what each says when pointed at."""

    name: str
    values: Sequence[float]
    hover: Sequence[str]
    colour: str


def stacked(caption: Caption, rows: Sequence[str], segments: Sequence[Segment], *, ends: Sequence[str]) -> Chart:
    """Horizontal bars, one per row, made of segments; `ends` is written behind each bar."""
    totals = [sum(segment.values[i] for segment in segments) for i in range(len(rows))]
    if not rows or not any(totals):
        return Chart(caption, None)
    figure = framed(caption, height=120 + 38 * len(rows))
    for segment in segments:
        figure.add_trace(
            go.Bar(
                y=list(rows), x=list(segment.values), name=segment.name, orientation="h", text=list(segment.hover),
                textposition="none", hovertemplate="%{text}<extra></extra>",
                marker={"color": segment.colour, "line": {"width": 0.5, "color": PALETTE["paper"]}},
            )
        )  # fmt: skip
    figure.add_trace(
        go.Scatter(x=totals, y=list(rows), text=[f" {end}" for end in ends], mode="text", textposition="middle right",
                   hoverinfo="skip", showlegend=False, cliponaxis=False)
    )  # fmt: skip
    below = legend_height([segment.name for segment in segments], HALF)
    figure.update_layout(barmode="stack", bargap=0.35, margin={"b": 16 + below}, height=84 + below + 38 * len(rows))
    figure.update_yaxes(autorange="reversed", gridcolor=PALETTE["paper"], tickfont={"size": 13, "color": PALETTE["ink"]})
    figure.update_xaxes(visible=False, range=[0, max(totals) * 1.25])
    return Chart(caption, figure)


def pairs(
    caption: Caption,
    rows: Sequence[str],
    now: Sequence[float],
    before: Sequence[float | None],
    *,
    names: Mapping[str, str],
    texts: Sequence[str],
    hover: Sequence[str],
    ids: Sequence[str] = (),
    earlier_ids: Sequence[str] = (),
) -> Chart:
    """Two bars per row, this period above the same period last year; `texts` is written behind the upper one.

    For counts, which are not compared between rows: the rows stand in the order given, never sorted by length.
    """
    if not rows or not any(now):
        return Chart(caption, None)
    figure = framed(caption, height=max(380, 110 + 34 * len(rows)))
    earlier = [0 if value is None else value for value in before]
    drawn = [("now", now, PALETTE["accent"], ids), ("before", earlier, PALETTE["grey"], earlier_ids)]
    for key, values, colour, names_of in drawn if any(value is not None for value in before) else drawn[:1]:
        figure.add_trace(
            go.Bar(
                y=list(rows), x=list(values), name=names[key], orientation="h", marker={"color": colour},
                text=list(texts) if key == "now" else None, textposition="outside", textfont={"size": 12}, cliponaxis=False,
                customdata=list(hover), hovertemplate="%{customdata}<extra></extra>", **named_by(names_of, "x"),
            )
        )  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.3, bargroupgap=0.05, margin={"b": 56})
    figure.update_yaxes(autorange="reversed", gridcolor=PALETTE["paper"], tickfont={"size": 13, "color": PALETTE["ink"]})
    figure.update_xaxes(visible=False, range=[0, max([*now, *earlier]) * 1.2])
    return Chart(caption, figure)
