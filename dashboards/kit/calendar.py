"""Calendar: a year of days as a field of squares, a column per week, a row per weekday.

Belongs here: the squares, the steps of colour, the names of months above. Does not: which days, what a day says, colours
(style.css names the steps of charts.SEQUENCE).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from dashboards.kit.charts import edges, step_of
from dashboards.kit.markup import Html, join, scrolled, tag

SIDE, GAP = 13, 2
LEFT, TOP = 30, 18


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its number, None where it has none; whether it is a holiday; what it says when pointed at."""

    day: dt.date
    value: int | None
    is_holiday: bool
    hover: str


def calendar(days: Sequence[Day], *, label: str, months: Sequence[str], weekdays: Sequence[str]) -> Html:
    """The days as squares.

    Args:
        days: in time order, without gaps.
        label: what is drawn, for who does not see it.
        months: names of January to December.
        weekdays: names of Monday to Sunday.
    """
    monday = days[0].day - dt.timedelta(days=days[0].day.weekday())
    cuts = edges([day.value for day in days if day.value is not None])
    size, parts, last_name = SIDE + GAP, [], -1
    for row, name in enumerate(weekdays):
        if row % 2 == 0:
            parts.append(f'<text x="0" y="{TOP + row * size + SIDE - 3}">{escape(name)}</text>')
    for day in days:
        week = (day.day - monday).days // 7
        x, y = LEFT + week * size, TOP + day.day.weekday() * size
        if day.day.day == 1 and week > last_name + 1:
            parts.append(f'<text x="{x}" y="{TOP - 6}">{escape(months[day.day.month - 1])}</text>')
            last_name = week
        kind = "none" if day.value is None else f"step-{step_of(day.value, cuts)}"
        kind += " holiday" if day.is_holiday else ""
        square = f'<rect class="{kind}" x="{x}" y="{y}" width="{SIDE}" height="{SIDE}" rx="2">'
        parts.append(f"{square}<title>{escape(day.hover)}</title></rect>")
    wide, high = LEFT + ((days[-1].day - monday).days // 7 + 1) * size, TOP + 7 * size
    size_of = f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'
    opened = f'<svg class="calendar" {size_of} role="img" aria-label="{escape(label)}">'
    return scrolled(Html(f"{opened}{''.join(parts)}</svg>"), label)


def legend(steps: Sequence[str], *, none: str, holiday: str) -> Html:
    """What the colours mean: a text for each step, for a day without number, for a holiday."""
    keys = [_key(f"step-{step}", text) for step, text in enumerate(steps)]
    return tag("div", join([*keys, _key("none", none), _key("none holiday", holiday)]), kind="keys small muted")


def _key(kind: str, text: str) -> Html:
    square = f'<svg class="calendar" viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}" aria-hidden="true">'
    square += f'<rect class="{kind}" x="1" y="1" width="{SIDE - 2}" height="{SIDE - 2}" rx="2"/></svg>'
    return tag("span", Html(square), " ", text, kind="key")
