"""Multiples: one small control chart per figure, side by side, as drawings in markup.

Belongs here: a small chart with the band of its own past, the year before, its target, its signals. Does not: which
figures, the one large chart (charts.trend says the same of one figure), colours (style.css names them).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from dashboards.kit.markup import EMPTY, Html
from dashboards.kit.series import Series

WIDTH, HEIGHT = 330, 104
#: Room for the two numbers of the scale at the left, for the two dates below.
LEFT, RIGHT, TOP, BOTTOM = 4, 8, 8, 18


@dataclass(frozen=True, slots=True)
class _Scale:
    """From spans and values to pixels."""

    count: int
    low: float
    high: float

    def x(self, at: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (at / (self.count - 1) if self.count > 1 else 0.5)

    def y(self, value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - self.low) / (self.high - self.low))

    def path(self, values: Sequence[float | None]) -> str:
        """A line that is broken where a value is missing."""
        pieces, pen = [], "M"
        for at, value in enumerate(values):
            if value is None:
                pen = "M"
                continue
            pieces.append(f"{pen}{self.x(at):.1f} {self.y(value):.1f}")
            pen = "L"
        return " ".join(pieces)


def _scale(series: Series) -> _Scale:
    limits = (series.limits.low, series.limits.high) if series.limits else ()
    known = [v for v in (*series.values, *series.earlier, *series.targets, *limits) if v is not None]
    low, high = min(known), max(known)
    room = (high - low) * 0.06 or 1.0
    return _Scale(len(series.values), low - room, high + room)


def multiple(series: Series, *, label: str, hover: Sequence[str], ends: tuple[str, str]) -> Html:
    """A small control chart.

    Args:
        series: what is drawn.
        label: what it is, for who does not see it.
        hover: what each span says when pointed at.
        ends: how the first and the last span are written.
    """
    if not series.is_known:
        return EMPTY
    scale = _scale(series)
    parts = []
    if series.limits:
        top, bottom = scale.y(series.limits.high), scale.y(series.limits.low)
        parts.append(f'<rect class="band" x="0" y="{top:.1f}" width="{WIDTH}" height="{max(bottom - top, 1):.1f}"/>')
        middle = scale.y(series.limits.mean)
        parts.append(f'<line class="mean" x1="0" x2="{WIDTH}" y1="{middle:.1f}" y2="{middle:.1f}"/>')
    for name, values in (("earlier", series.earlier), ("target", series.targets), ("now", series.values)):
        if line := scale.path(values):
            parts.append(f'<path class="{name}" d="{line}"/>')
    parts += _points(series, scale, hover)
    below = HEIGHT - 4
    parts.append(f'<text x="{LEFT}" y="{below}">{escape(ends[0])}</text>')
    parts.append(f'<text class="end" x="{WIDTH - RIGHT}" y="{below}">{escape(ends[1])}</text>')
    opened = f'<svg class="multiple" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
    return Html(f"{opened}{''.join(parts)}</svg>")


def _points(series: Series, scale: _Scale, hover: Sequence[str]) -> list[str]:
    found = []
    last = max(at for at, value in enumerate(series.values) if value is not None)
    for at, value in enumerate(series.values):
        if value is None:
            continue
        signal = series.signals[at]
        name = f"signal {series.tone(signal)}" if signal else "dot" if at == last else "still"
        size = 3.6 if signal and signal.rule == "outside" else 2.8 if signal or at == last else 4
        where = f'cx="{scale.x(at):.1f}" cy="{scale.y(value):.1f}" r="{size}"'
        found.append(f'<circle class="{name}" {where}><title>{escape(hover[at])}</title></circle>')
    return found
