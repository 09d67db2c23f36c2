"""A chart on paper: the traces that the boards draw, drawn again with the PDF writer's own lines.

Belongs here: from a chart's description (Plotly's data and layout, the part of it that the boards' grammar uses) to lines, bars,
areas, marks and names in a box of a page. Does not: which charts there are, what they say, the text above them (report_pdf).
No browser, no image: the same numbers as on the screen, as vectors and as text that can be searched.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fpdf import FPDF

from pipelines.reports.report import Chart

Trace = Mapping[str, Any]
RGB = tuple[int, int, int]
#: Millimetres for a pixel of the screen: a chart of half a screen fills a page's width.
MM = 0.2
#: Of text, in points and millimetres; of a line of the legend, of the marks before its names.
SIZE, HIGH, ROW, KEY = 6.5, 2.6, 4.2, 5.0
TICKS = 5
INK, MUTED, FAINT = (22, 33, 44), (90, 104, 117), (219, 226, 232)
#: Plotly's names of dashes: millimetres drawn and left out.
DASHES = {"dash": (1.6, 1.0), "dot": (0.4, 0.8), "longdash": (2.6, 1.0)}
#: What boards set in a text of a chart: bold, a new line.
_MARKS = re.compile(r"</?b>|<br>")
#: How far a name of a row may reach into the plot.
NAMES_MOST = 0.42


@dataclass
class Axis:
    """One axis: its ends (numbers, or logarithms of numbers), the names of its rows if it has any, its place on the page."""

    low: float
    high: float
    is_log: bool = False
    names: Sequence[str] = field(default=())
    begin: float = 0.0
    end: float = 1.0

    def number(self, value: Any) -> float | None:
        """A value of a trace as a number of the axis; None for a gap."""
        if value is None:
            return None
        if isinstance(value, str):
            return float(self.names.index(value)) if value in self.names else None
        return math.log10(value) if self.is_log and value > 0 else None if self.is_log else float(value)

    def at(self, number: float) -> float:
        """Where a number of the axis lies on the page."""
        room = (self.high - self.low) or 1.0
        return self.begin + (self.end - self.begin) * (number - self.low) / room


def height_of(chart: Chart) -> float:
    """The millimetres that a chart takes."""
    return float(chart.drawn["layout"].get("height", 320)) * MM


def draw_chart(sheet: FPDF, chart: Chart, box: tuple[float, float, float, float], plain: Callable[[str], str]) -> None:
    """Draw a chart.

    Args:
        sheet: the page, with its font set.
        chart: what is drawn.
        box: left, top, width and height in millimetres.
        plain: a text without the characters that the font has not.
    """
    _Plot(sheet, chart, plain).draw(*box)
    sheet.set_dash_pattern()
    sheet.set_line_width(0.2)
    sheet.set_draw_color(*INK)


def colour(text: Any, other: RGB = INK) -> RGB:
    """`#rrggbb` as numbers."""
    if not isinstance(text, str) or not text.startswith("#"):
        return other
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def steps(low: float, high: float) -> list[float]:
    """Round numbers between two ends, at most a few."""
    room = high - low
    if room <= 0:
        return [low]
    rough = room / TICKS
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * n for n in (1, 2, 2.5, 5, 10) if size * n >= rough)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def each(value: Any, count: int) -> list[Any]:
    """A list as it is, one value as often as needed."""
    return list(value) if isinstance(value, (list, tuple)) else [value] * count


def read_out(text: str) -> str:
    """A text of a chart as the screen shows it: markup, in which a name's `<` stands as a letter."""
    return html.unescape(_MARKS.sub(lambda mark: " " if mark[0] == "<br>" else "", text))


class _Plot:
    """A chart as it is drawn."""

    def __init__(self, sheet: FPDF, chart: Chart, plain: Callable[[str], str]) -> None:
        self._sheet, self._traces = sheet, list[Trace](chart.drawn["data"])
        self._plain: Callable[[str], str] = lambda text: plain(read_out(text))
        self._layout: Mapping[str, Any] = chart.drawn["layout"]
        self._x, self._y = self._axis("x"), self._axis("y")
        if self._layout.get("yaxis", {}).get("autorange") == "reversed":
            self._y.low, self._y.high = self._y.high, self._y.low

    def draw(self, left: float, top: float, width: float, height: float) -> None:
        """Axes, traces, legend."""
        keys = list(self._keys())
        rows = self._legend_rows(keys, width)
        names = max((self._wide(name) for name in self._y.names or self._texts("y")), default=0.0)
        self._x.begin = left + min(names, width * NAMES_MOST) + 2 if self._is_seen("y") else left + 1
        self._x.end = left + width - 4
        self._y.end, self._y.begin = top + 2, top + height - ROW * len(rows) - (ROW + 1 if self._is_seen("x") else 1)
        self._same_scale()
        self._grid()
        offsets: dict[tuple[bool, float], float] = {}
        for number, trace in enumerate(self._traces):
            if trace.get("type", "scatter") == "bar":
                self._bars(trace, offsets)
            else:
                self._scatter(trace, self._traces[number - 1] if number else None)
        self._legend(rows, left, top + height - ROW * len(rows))

    # --- axes ---

    def _values(self, letter: str) -> Iterator[Any]:
        for trace in self._traces:
            yield from trace.get(letter) or ()
            if trace.get("base") is not None and letter == ("x" if trace.get("orientation") == "h" else "y"):
                yield from trace["base"]

    def _axis(self, letter: str) -> Axis:
        given = self._layout.get(f"{letter}axis", {})
        named = [value for value in self._values(letter) if isinstance(value, str)]
        names = list(given.get("categoryarray") or dict.fromkeys(named)) if named else []
        if named:
            return Axis(-0.5, len(names) - 0.5, names=names)
        is_log = given.get("type") == "log"
        if given.get("range"):
            return Axis(float(given["range"][0]), float(given["range"][1]), is_log)
        axis = Axis(0, 1, is_log)
        known = [number for value in self._values(letter) if (number := axis.number(value)) is not None]
        known += [0.0] if given.get("rangemode") == "tozero" else []
        known += [sum(column) for column in self._stacked(letter)]
        low, high = min(known, default=0.0), max(known, default=1.0)
        air = 0.0 if given.get("scaleanchor") or not self._is_seen(letter) else (high - low) * 0.06
        return Axis(low if low == 0 else low - air, high + air, is_log)

    def _stacked(self, letter: str) -> Iterable[Sequence[float]]:
        bars = [trace.get(letter) or () for trace in self._traces if trace.get("type") == "bar"]
        if self._layout.get("barmode") != "stack" or not bars or letter != self._length_of(self._traces):
            return ()
        return ([float(value or 0) for value in column] for column in zip(*bars, strict=False))

    @staticmethod
    def _length_of(traces: Sequence[Trace]) -> str:
        return "x" if any(trace.get("orientation") == "h" for trace in traces) else "y"

    def _is_seen(self, letter: str) -> bool:
        return bool(self._layout.get(f"{letter}axis", {}).get("visible", True))

    def _same_scale(self) -> None:
        """A map is as long as it is wide: the side with room left over is drawn smaller."""
        ratio = self._layout.get("yaxis", {}).get("scaleratio")
        if ratio is None:
            return
        across, up = self._x.high - self._x.low or 1.0, (self._y.high - self._y.low or 1.0) * ratio
        per = min((self._x.end - self._x.begin) / across, (self._y.begin - self._y.end) / up)
        self._x.end = self._x.begin + across * per
        self._y.begin = self._y.end + up * per

    def _ticks(self, letter: str) -> list[tuple[float, str]]:
        axis, given = (self._x if letter == "x" else self._y), self._layout.get(f"{letter}axis", {})
        if axis.names:
            return [(float(at), name) for at, name in enumerate(axis.names)]
        if given.get("tickvals") is not None:
            return list(zip(map(float, given["tickvals"]), given["ticktext"], strict=True))
        low, high = sorted((axis.low, axis.high))
        if axis.is_log:
            return [(float(power), f"{10**power:,}") for power in range(math.ceil(low), math.floor(high) + 1)]
        return [(value, f"{value:,.10g}") for value in steps(low, high)]

    def _texts(self, letter: str) -> list[str]:
        return [text for _, text in self._ticks(letter)]

    def _grid(self) -> None:
        sheet = self._sheet
        sheet.set_line_width(0.15)
        sheet.set_draw_color(*FAINT)
        sheet.set_text_color(*MUTED)
        if self._is_seen("y"):
            for at, text in self._ticks("y"):
                y = self._y.at(at)
                if not self._y.names:
                    sheet.line(self._x.begin, y, self._x.end, y)
                self._write(text, self._x.begin - 1, y - HIGH / 2, "R", most=self._x.begin - sheet.l_margin - 1)
        if self._is_seen("x"):
            sheet.line(self._x.begin, self._y.begin, self._x.end, self._y.begin)
            for at, text in self._ticks("x"):
                self._write(text, self._x.at(at), self._y.begin + 0.6, "C")

    def _write(self, text: str, x: float, y: float, align: str, most: float = 60.0) -> None:
        shown = self._plain(text)
        while len(shown) > 2 and self._sheet.get_string_width(shown) > most:  # noqa: PLR2004 - a letter and the sign of more
            shown = f"{shown[:-2]}…"
        wide = float(self._sheet.get_string_width(shown))
        self._sheet.text({"L": x, "C": x - wide / 2, "R": x - wide}[align], y + HIGH * 0.8, shown)

    def _wide(self, text: str) -> float:
        return float(self._sheet.get_string_width(self._plain(text)))

    # --- traces ---

    def _points(self, trace: Trace) -> list[tuple[float, float] | None]:
        """A trace's points on the page; None for a gap."""
        found: list[tuple[float, float] | None] = []
        for x, y in zip(trace.get("x") or (), trace.get("y") or (), strict=True):
            across, up = self._x.number(x), self._y.number(y)
            found.append(None if across is None or up is None else (self._x.at(across), self._y.at(up)))
        return found

    def _pen(self, line: Mapping[str, Any], other: RGB) -> bool:
        """Set the pen; False where nothing is to be drawn."""
        width = float(line.get("width", 2.0))
        self._sheet.set_draw_color(*colour(line.get("color"), other))
        self._sheet.set_line_width(max(width * 0.16, 0.1))
        dash = DASHES.get(str(line.get("dash")))
        if dash:
            self._sheet.set_dash_pattern(*dash)
        else:
            self._sheet.set_dash_pattern()
        return width > 0

    def _scatter(self, trace: Trace, before: Trace | None) -> None:
        mode, points = str(trace.get("mode", "lines")), self._points(trace)
        if trace.get("fill") == "tonexty" and before is not None:
            band = [point for point in [*self._points(before), *reversed(points)] if point]
            self._fill(band, colour(trace.get("fillcolor"), FAINT), is_edged=False)
        if trace.get("fill") == "toself":
            self._pen(trace.get("line", {}), FAINT)
            for ring in _runs(points):
                self._fill(ring, colour(trace.get("fillcolor"), FAINT), is_edged=True)
            return
        if "lines" in mode and self._pen(trace.get("line", {}), INK):
            for run in _runs(points):
                self._sheet.polyline(run)
        self._sheet.set_dash_pattern()
        self._whiskers(trace, points)
        if "markers" in mode:
            self._marks(trace, points)
        if "text" in mode:
            self._names(trace, points)

    def _fill(self, ring: list[tuple[float, float]], shade: RGB, *, is_edged: bool) -> None:
        if len(ring) > 2:  # noqa: PLR2004 - an area needs three corners
            self._sheet.set_fill_color(*shade)
            self._sheet.polygon(ring, style="DF" if is_edged else "F")

    def _whiskers(self, trace: Trace, points: Sequence[tuple[float, float] | None]) -> None:
        reach = trace.get("error_x")
        if not reach or not reach.get("array"):
            return
        self._pen({"color": reach.get("color"), "width": 2}, MUTED)
        for value, point, more, less in zip(trace["x"], points, reach["array"], reach["arrayminus"], strict=True):
            if point:
                self._sheet.line(self._x.at(value - less), point[1], self._x.at(value + more), point[1])

    def _marks(self, trace: Trace, points: Sequence[tuple[float, float] | None]) -> None:
        marker = trace.get("marker", {})
        if marker.get("opacity") == 0:
            return
        shades = each(marker.get("color") or trace.get("line", {}).get("color"), len(points))
        half, symbol = float(marker.get("size", 6)) * MM / 2, str(marker.get("symbol", "circle"))
        is_open = symbol.endswith("open")
        for point, shade in zip(points, shades, strict=True):
            if point is None:
                continue
            x, y = point
            self._pen({"color": shade if is_open else "#16212c", "width": 1.5 if is_open else 0.5}, INK)
            self._sheet.set_fill_color(*colour(shade))
            style = "D" if is_open else "DF"
            if symbol.startswith("diamond"):
                self._sheet.polygon([(x - half, y), (x, y - half), (x + half, y), (x, y + half)], style=style)
            elif symbol.startswith("square"):
                self._sheet.rect(x - half, y - half, 2 * half, 2 * half, style=style)
            else:
                self._sheet.ellipse(x - half, y - half, 2 * half, 2 * half, style=style)

    def _names(self, trace: Trace, points: Sequence[tuple[float, float] | None]) -> None:
        texts = each(trace.get("customdata") if trace.get("texttemplate") else trace.get("text"), len(points))
        shades = each(trace.get("textfont", {}).get("color"), len(points))
        position = str(trace.get("textposition", "middle center"))
        align = "L" if "right" in position else "C"
        above = HIGH * 1.6 if position.startswith("top") else HIGH / 2
        for point, text, shade in zip(points, texts, shades, strict=True):
            if point and text:
                self._sheet.set_text_color(*colour(shade))
                self._write(str(text), point[0] + (0.6 if align == "L" else 0), point[1] - above, align)

    def _bars(self, trace: Trace, offsets: dict[tuple[bool, float], float]) -> None:
        """Bars of one trace; `offsets`: where stacked ones of earlier traces ended, by side and row."""
        is_flat = trace.get("orientation") == "h"
        rows, lengths = (trace["y"], trace["x"]) if is_flat else (trace["x"], trace["y"])
        across, along = (self._y, self._x) if is_flat else (self._x, self._y)
        mode, bars = self._layout.get("barmode"), [one for one in self._traces if one.get("type") == "bar"]
        whole = float(trace.get("width") or 1 - float(self._layout.get("bargap", 0.2)))
        thick = whole / len(bars) if mode == "group" else whole
        shift = (bars.index(trace) - (len(bars) - 1) / 2) * thick if mode == "group" else 0.0
        shades = each(trace.get("marker", {}).get("color"), len(rows))
        bases = each(trace.get("base", 0.0), len(rows))
        texts = each(trace.get("text"), len(rows)) if trace.get("textposition") == "outside" else [""] * len(rows)
        for row, length, shade, base, text in zip(rows, lengths, shades, bases, texts, strict=True):
            at = across.number(row)
            if at is None or length is None:
                continue
            begin = offsets.get((is_flat, at), 0.0) if mode == "stack" else float(base or 0.0)
            offsets[is_flat, at] = begin + length
            ends = along.at(begin), along.at(begin + length)
            sides = across.at(at + shift - thick / 2), across.at(at + shift + thick / 2)
            self._sheet.set_fill_color(*colour(shade))
            (x0, x1), (y0, y1) = (ends, sides) if is_flat else (sides, ends)
            self._sheet.rect(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0), style="F")
            if text:
                self._sheet.set_text_color(*INK)
                self._write(str(text), max(x0, x1) + 0.6, (y0 + y1) / 2 - HIGH / 2, "L")

    # --- legend ---

    def _keys(self) -> Iterator[tuple[str, Trace]]:
        """Names of the legend, each once."""
        if not self._layout.get("showlegend"):
            return
        seen: set[str] = set()
        for trace in self._traces:
            name = str(trace.get("name") or "")
            if name and trace.get("showlegend") is not False and name not in seen:
                seen.add(name)
                yield name, trace

    def _legend_rows(self, keys: Sequence[tuple[str, Trace]], width: float) -> list[list[tuple[str, Trace]]]:
        rows: list[list[tuple[str, Trace]]] = []
        left = math.inf
        for name, trace in keys:
            need = self._wide(name) + KEY + 4
            if left + need > width:
                rows.append([])
                left = 0.0
            rows[-1].append((name, trace))
            left += need
        return rows

    def _legend(self, rows: Sequence[Sequence[tuple[str, Trace]]], left: float, top: float) -> None:
        for number, row in enumerate(rows):
            x, y = left, top + number * ROW + ROW / 2
            for name, trace in row:
                self._key(trace, x, y)
                self._sheet.set_text_color(*INK)
                self._write(name, x + KEY, y - HIGH / 2, "L", most=100)
                x += self._wide(name) + KEY + 4

    def _key(self, trace: Trace, x: float, y: float) -> None:
        marker, mode = trace.get("marker", {}), str(trace.get("mode", ""))
        shades = each(marker.get("color") or trace.get("fillcolor") or trace.get("line", {}).get("color"), 1)
        if trace.get("type") == "bar" or trace.get("fill"):
            self._sheet.set_fill_color(*colour(shades[0], FAINT))
            self._sheet.rect(x + 1, y - 1, 3, 2, style="F")
        elif "lines" in mode:
            self._pen(trace.get("line", {}), INK)
            self._sheet.line(x, y, x + KEY - 1, y)
            self._sheet.set_dash_pattern()
        else:
            self._marks({**trace, "marker": {**marker, "color": shades[0]}}, [(x + 2.5, y)])


def _runs(points: Sequence[tuple[float, float] | None]) -> Iterator[list[tuple[float, float]]]:
    """Points in runs without a gap."""
    run: list[tuple[float, float]] = []
    for point in [*points, None]:
        if point is not None:
            run.append(point)
        elif run:
            if len(run) > 1:
                yield run
            run = []
