"""Markup: the HTML of cards, tables and small drawings inside them, as text.

Belongs here: building HTML with everything escaped, sparklines and interval marks as SVG, links that carry the view.
Does not: putting it on a page (page), colours (style.css names them, charts.py holds them), queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from dashboards.kit.chance import ProcessLimits
from dashboards.kit.filters import View, to_params

SPARK_WIDTH, SPARK_HEIGHT = 132, 34
MARK_WIDTH, MARK_HEIGHT = 170, 18


@dataclass(frozen=True, slots=True)
class Html:
    """Text that is markup already and is not escaped again."""

    text: str

    def __add__(self, other: Html) -> Html:
        return Html(self.text + other.text)


EMPTY = Html("")


def html(content: object) -> str:
    """`content` as markup: escaped unless it is markup."""
    return content.text if isinstance(content, Html) else escape(str(content))


def tag(name: str, *content: object, kind: str = "", **attributes: str) -> Html:
    """`<name class=kind ...>content</name>`; everything escaped; an underscore in an attribute is a hyphen."""
    given = {"class": kind, **{key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}}
    inside = "".join(f' {key}="{escape(value)}"' for key, value in given.items() if value)
    return Html(f"<{name}{inside}>{''.join(html(part) for part in content)}</{name}>")


def join(parts: Sequence[object], between: str = "") -> Html:
    """Parts one after the other."""
    return Html(between.join(html(part) for part in parts))


def address(view: View, page: str = "") -> str:
    """The address of a view; `page` is a board's path, `.` the first board, empty the same page."""
    from urllib.parse import urlencode

    where = {"": "", ".": "./"}.get(page, f"./{page}")
    return f"{where}?{urlencode(to_params(view))}"


def anchor(
    view: View, *content: object, page: str = "", kind: str = "", title: str = "", is_same: bool = False
) -> Html:  # fmt: skip
    """A link to a view; `is_same`: the one at hand in another language, in which what was looked for stays found."""
    return tag("a", *content, kind=kind, href=address(view if is_same else view.way_on, page), title=title)


def chip(text: str, tone: str = "") -> Html:
    """A short remark in a rounded box."""
    return tag("span", text, kind=f"chip {tone}".strip())


# --- tables -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, whether its cells are numbers (right-aligned), an explanation on pointing."""

    heading: str
    is_number: bool = False
    hint: str = ""
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A cell that shows a published figure: its value, or what else of it, beside the figure's permanent id.

    Attributes:
        content: what the cell shows.
        figure: the id; empty: the cell is no figure.
        what: of the figure its value (attribute data-figure), its parts (data-parts) or its interval (data-interval).
    """

    content: object
    figure: str = ""
    what: Literal["figure", "parts", "interval"] = "figure"


def table(columns: Sequence[Column], rows: Sequence[Sequence[object]], *, foot: int = 0, caption: str = "") -> Html:
    """A table; the last `foot` rows are set apart (unassigned, totals). A cell that is `Named` carries its figure's id."""
    head = join([tag("th", c.heading, kind="number" if c.is_number else "", title=c.hint) for c in columns])

    def line(row: Sequence[object], kind: str) -> Html:
        cells = [_cell(c, cell) for c, cell in zip(columns, row, strict=True)]
        return tag("tr", join(cells), kind=kind)

    first_foot = len(rows) - foot
    body = join([line(row, "foot" if i >= first_foot else "") for i, row in enumerate(rows)])
    top = tag("caption", caption) if caption else EMPTY
    called = caption or " · ".join(c.heading for c in columns if c.heading)
    return scrolled(tag("table", top, tag("thead", tag("tr", head)), tag("tbody", body)), called)


def scrolled(content: Html, called: str) -> Html:
    """What may be wider than the screen and then scrolls by itself, also with the keyboard."""
    return tag("div", content, kind="scroll", role="group", tabindex="0", aria_label=called)


def _cell(column: Column, content: object) -> Html:
    kind = " ".join(name for name in ("number" if column.is_number else "", "wide" if column.is_wide else "") if name)
    if not isinstance(content, Named):
        return tag("td", content, kind=kind)
    return tag("td", content.content, kind=kind, **{f"data_{content.what}": content.figure})


# --- small drawings ---------------------------------------------------------------------------------------------------


def sparkline(values: Sequence[float | None], limits: ProcessLimits | None, label: str) -> Html:
    """A line of the last months with the band of its own past; nothing where fewer than two are known."""
    known = [value for value in values if value is not None]
    if len(known) < 2:  # noqa: PLR2004 - a line needs two points
        return EMPTY
    ends = [*known, *((limits.low, limits.high) if limits else ())]
    low, high = min(ends), max(ends)
    room = (high - low) or 1.0

    def y(value: float) -> float:
        return float(3 + (SPARK_HEIGHT - 6) * (1 - (value - low) / room))

    step = (SPARK_WIDTH - 8) / max(len(values) - 1, 1)
    pieces, pen = [], "M"
    for i, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        pieces.append(f"{pen}{4 + i * step:.1f} {y(value):.1f}")
        pen = "L"
    last = max(i for i, value in enumerate(values) if value is not None)
    band = ""
    if limits:
        top, bottom = y(limits.high), y(limits.low)
        band = f'<rect class="band" x="0" y="{top:.1f}" width="{SPARK_WIDTH}" height="{max(bottom - top, 1):.1f}"/>'
    dot = f'<circle class="dot" cx="{4 + last * step:.1f}" cy="{y(values[last] or 0.0):.1f}" r="2.6"/>'
    return Html(
        f'<svg class="spark" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" role="img" aria-label="{escape(label)}">'
        f'{band}<path d="{" ".join(pieces)}"/>{dot}</svg>'
    )


def interval_mark(
    value: float, low: float, high: float, *, average: float | None, ends: tuple[float, float], state: str, label: str
) -> Html:
    """A dot with its interval on a scale that all rows of a table share, and the average as a line."""
    left, right = ends
    room = (right - left) or 1.0

    def x(at: float) -> float:
        return 5 + (MARK_WIDTH - 10) * min(max((at - left) / room, 0.0), 1.0)

    middle = MARK_HEIGHT / 2
    line = ""
    if average is not None:
        line = f'<line class="average" x1="{x(average):.1f}" x2="{x(average):.1f}" y1="0" y2="{MARK_HEIGHT}"/>'
    return Html(
        f'<svg class="mark" viewBox="0 0 {MARK_WIDTH} {MARK_HEIGHT}" role="img" aria-label="{escape(label)}">{line}'
        f'<line class="whisker" x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{middle}" y2="{middle}"/>'
        f'<circle class="state-{state.replace("_", "-")}" cx="{x(value):.1f}" cy="{middle}" r="4.5"/></svg>'
    )
