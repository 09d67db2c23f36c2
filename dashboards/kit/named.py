"""Named: a figure by its permanent id, METRIC[~KIND=CODE]/AREA/PERIOD/BASIS@BUILD, on a page and as a link.

Belongs here: the id of a figure that a board or a paper shows, the cells that carry it, the link that opens it in Explain, which
figure a board about one figure is asked for, and the boxes that choose another. Does not: finding it and its cases
(pipelines.trace), what is said of it (boards).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeVar

import streamlit as st

from dashboards.kit import filters, periods
from dashboards.kit.areas import Place, choose_child, crumbs, place_of
from dashboards.kit.data import kept_builds
from dashboards.kit.filters import YEAR_TO_DATE, View
from dashboards.kit.markup import EMPTY, Html, Named, anchor, join, tag
from dashboards.kit.menu import BOARDS
from dashboards.kit.page import Board, has_board, put
from dashboards.kit.reading import Figure
from dashboards.kit.unopened import MONTHS_AND_LONGER, is_unopened
from dashboards.kit.words import NOTHING, Words
from pipelines.core.errors import UsageError
from pipelines.trace import Figure as Traced
from pipelines.trace import FigureName, Metric, Window, is_to_date, parse_name, window_of

T = TypeVar("T")
EXPLAIN = "explain"
#: What a board about one figure opens with: it has a base, a direction and an answer in every area.
OPENED_FIRST = "M16"
#: A period that is asked for and that the metric does not have gives way to the first of these that it has.
INSTEAD = {"year_to_date": "ytd", "cumulative": "cumulative", "day": "as_of", "rolling_28d": "28d"}


# --- a figure that a board shows --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FigureId:
    """A metric of one period and slice on one map; with an area and a build it is a figure."""

    metric_id: str
    period_kind: str
    first: dt.date
    last: dt.date
    slice_kind: str = "all"
    slice_code: str = "all"
    basis: str = "as_was"

    def of(self, area: str, build: str) -> str:
        """The permanent id: METRIC[~KIND=CODE]/AREA/PERIOD/BASIS@BUILD."""
        period = str(Window(self.period_kind, self.first, self.last))
        return str(FigureName(self.metric_id, area, period, self.slice_kind, self.slice_code, self.basis, build))

    @property
    def year_before(self) -> FigureId:
        """The figure of the same period a year before, as the boards compare them."""
        if self.period_kind == "month":
            first = periods.months_before(self.first, 12)
            return replace(self, first=first, last=periods.month_end(first))
        return replace(self, first=periods.same_day_last_year(self.first), last=periods.same_day_last_year(self.last))


def figure_id(row: Mapping[str, Any], *, basis: str = "as_was") -> FigureId:
    """Of a row with metric_id, period_kind, period_start and period_end, and its slice where it has one."""
    return FigureId(
        str(row["metric_id"]), str(row["period_kind"]), row["period_start"], row["period_end"],
        str(row.get("slice_kind") or "all"), str(row.get("slice_code") or "all"), basis,
    )  # fmt: skip


def id_of(board: Board, row: Mapping[str, Any], area: str, *, basis: str = "as_was") -> str:
    """The permanent id of the figure in a row of a query, of the build that the page reads."""
    return figure_id(row, basis=basis).of(area, board.source.build_id)


def month_ids(board: Board, figure: Figure, place: Place, months: Sequence[dt.date]) -> list[str]:
    """The permanent ids of a figure in some months, by their first days."""
    whole = FigureId(figure.id, "month", dt.date.min, dt.date.min, figure.slice_kind, figure.slice_code)
    build = board.source.build_id
    return [replace(whole, first=month, last=periods.month_end(month)).of(place.code, build) for month in months]


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as cells of a table: each says of which figure it is.

    Attributes:
        board: the board.
        figure: the figure; one without a period is of no period that was published, and has no id.
        area: of which area.
        basis: on which map.
        before: the figure that its `earlier_value` is; else the same period a year before.
    """

    board: Board
    figure: Figure
    area: str
    basis: str = "as_was"
    before: FigureId | None = None

    @property
    def id(self) -> FigureId | None:
        """The figure without its area; None where it has no period."""
        return figure_id(self.figure.row, basis=self.basis) if self.figure.row.get("period_kind") else None

    def value(self, *, has_link: bool = True, has_unit: bool = False) -> Named:
        """The value, as a link to Explain; why there is none in its place."""
        figure = self.figure
        if self.id is None:
            return Named(tag("span", figure.why_none if figure.is_known else NOTHING, kind="muted small"))
        name = self.id.of(self.area, self.board.source.build_id)
        if figure.value is None:
            return Named(tag("span", figure.why_none, kind="muted small"), name)
        unit = tag("span", f" {figure.unit_text}", kind="small muted unit") if has_unit and figure.unit_text else EMPTY
        number = tag("b", "≈" if figure.row.get("is_weighted") else "", figure.value_text)
        shown = named_link(self.board, name, number, title=name) if has_link else number
        return Named(tag("span", shown, unit, title=figure.interval_text), name)

    def earlier(self, shown: object = None) -> Named:
        """The value it is compared with; `shown` where a board says it in its own way."""
        before = self.before or (self.id.year_before if self.id else None)
        name = before.of(self.area, self.board.source.build_id) if before else ""
        known = self.figure.earlier_value is not None
        return Named(self.figure.earlier_value_text if shown is None else shown, name if known else "")

    @property
    def ids(self) -> tuple[str, str]:
        """Its own permanent id and that of the figure it is compared with, for a chart."""
        now, before = self.value().figure, self.earlier().figure
        return now if self.figure.value is not None else "", before

    def parts(self, shown: str) -> Named:
        """Numerator and denominator, as a board writes them."""
        return self._beside(shown, "parts")

    def interval(self, shown: object) -> Named:
        """The ends of its interval, as a board draws or writes them."""
        return self._beside(shown, "interval")

    def _beside(self, shown: object, what: Literal["parts", "interval"]) -> Named:
        has_any = self.id is not None and shown not in ("", NOTHING)
        name = self.id.of(self.area, self.board.source.build_id) if self.id is not None and has_any else ""
        return Named(shown, name, what)


def named_link(board: Board, name: str, *content: object, page: str = EXPLAIN, kind: str = "", title: str = "") -> Html:
    """A link to a figure on one of the boards about one figure; the bare content where the reader's role has not that board."""
    if not has_board(board, page):
        return join(content)
    build = board.view.build
    return anchor(View(board.view.language, build=build, named=name), *content, page=BOARDS[page], kind=kind, title=title)


# --- the figure that a board is asked for -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """The figure that a board about one figure looks at; `name` without a build: the page's. `periods`: of its metric.

    `metrics`: what each is called; `whole`: at which levels each is published as a whole, which a box can ask for.
    """

    name: FigureName
    metrics: dict[str, str]
    whole: dict[str, list[str]]
    periods: tuple[str, ...]

    @property
    def text(self) -> str:
        """As it is asked for."""
        return str(replace(self.name, build=""))


def asked_of(board: Board) -> Asked:
    """The figure that the address names: by its id, else by metric, area and period. Ends the page for an area out of reach."""
    rows = {row["metric_id"]: row for row in board.source.ask("metrics").rows(named=True)}
    metrics = {metric: f"{metric} {board.words.pick(row, 'name')}" for metric, row in rows.items()}
    whole = {metric: row["levels"].split() if "all" in row["slices"].split() else [] for metric, row in rows.items()}
    name = _by_id(board.view.named)
    if name is None:
        metric = board.view.figure if board.view.figure in rows else OPENED_FIRST if OPENED_FIRST in rows else next(iter(rows))
        own = _periods(rows, metric)
        name = FigureName(metric, place_of(board).code, period_for(board.view, own, board.source.as_of))
    return Asked(name, metrics, whole, _periods(rows, name.metric_id))


def _by_id(text: str) -> FigureName | None:
    try:
        return parse_name(text) if text else None
    except UsageError:
        return None


def _periods(rows: Mapping[str, Mapping[str, Any]], metric: str) -> tuple[str, ...]:
    return tuple(str(rows[metric]["periods"]).split()) if metric in rows else ()


def period_for(view: View, own: tuple[str, ...], as_of: dt.datetime) -> str:
    """The period of a view as an id writes it, or where the metric has no such period the nearest that it has."""
    month = periods.period_of(view, as_of).month
    if view.month and "month" in own:
        return f"{month:%Y-%m}"
    return next((word for kind, word in INSTEAD.items() if kind in own), f"{month:%Y-%m}")


def wider(board: Board, asked: Asked, area: str) -> Board:
    """The board as it stands for the figure's metric, area and period, not for its id: a choice there is a new figure."""
    period = asked.name.period if View(period=asked.name.period).month else YEAR_TO_DATE
    build = board.source.build_id if board.view.build_read else ""
    chosen = {"figure": asked.name.metric_id, "area": area, "period": period, "build": build}
    return replace(board, view=board.view.but(named="", case="", page=1, **chosen))


def choose_figure(board: Board, asked: Asked, place: Place) -> None:
    """Boxes for another metric, period and area. `board` is the wider one."""
    words = board.words
    left, middle, right = st.columns([1.4, 1, 1])
    level, here = "0" if place.is_root else str(place.level), asked.name.metric_id
    offered = [one for one in asked.metrics if one == here or level in asked.whole[one]]
    with left:
        filters.choose(
            words("named.metric"), offered, board.view, "figure",
            written=lambda metric: asked.metrics.get(metric, metric),
        )  # fmt: skip
    with middle:
        info = board.source.row("build") or {}
        filters.choose(
            words("filter.period"), periods.options(board.source.as_of, info["earliest"]), board.view, "period",
            written=lambda option: periods.written(option, words, board.source.as_of),
        )  # fmt: skip
    with right:
        choose_child(board, place)


def is_gone(board: Board, title: Html) -> bool:
    """Whether the id is of a build that is no longer kept; then the page says so and offers the current build's figure."""
    wanted, named = board.view.build_read, board.view.named
    if "@" not in named or wanted == board.source.build_id:
        return False
    words, now = board.words, f"{named.rpartition('@')[0]}@{board.source.build_id}"
    kept = words("separator").join(str(one["build"]) for one in kept_builds(board.source.home_root))
    gone = tag("p", words("named.gone", build=wanted), " ", code(named), kind="notice")
    offered = tag("p", words("named.current"), " ", named_link(board, now, code(now)))
    put(title + gone + offered + tag("p", words("named.kept", builds=kept), kind="muted small"), "title")
    return True


def find(board: Board, asked: Asked, work: Callable[..., T], title: Html, *given: str, earlier: str = "") -> T | None:
    """What `work` finds of the figure in the page's build; None where the id leads nowhere: the page then says so.

    A slice that is none of the reader's (another department, another feed) is nowhere for them, and one that no board opens
    (unopened) for everybody: their figures are not 0.
    """
    words = board.words
    try:
        _check_reach(board, asked, earlier)
        return board.source.made(work, asked.text, *given, language=words.language, earlier=earlier)
    except UsageError as error:
        # Codes that the sentence names, such as kinds of period, are words of a command: a Chinese page says less instead.
        is_told = words.language == "en" or not re.search("[A-Za-z]{2,}", error.what + error.remedy)
        why = tag("p", words("named.why", what=error.what, remedy=error.remedy), kind="small") if is_told else EMPTY
        put(title + tag("div", tag("p", words("named.nowhere"), " ", code(asked.text)), why, kind="notice"), "title")
    beside = wider(board, asked, board.view.area)
    choose_figure(beside, asked, place_of(beside))
    return None


def _check_reach(board: Board, asked: Asked, earlier: str) -> None:
    """Raise UsageError for a slice that may not be told. No row of it is in the reader's views: traced, it would seem to be 0."""
    name, words = asked.name, board.words
    is_cut = name.slice_kind in ("department", "feed") and board.source.reader.is_bounded
    if is_cut and not (board.source.row("named__slice", kind=name.slice_kind, code=name.slice_code) or {}).get("figures_n"):
        raise UsageError(words("named.out_of_reach"), where=asked.text)
    days = [board.source.as_of.date()]
    if earlier:
        days.append(dt.datetime.fromisoformat(str(json.loads(earlier)["as_of"])).date())
    if not any(is_unopened(name.slice_kind, name.slice_code, day) for day in days):
        return
    # Two builds a day apart: their difference is one day's cases.
    if earlier or not _is_citys_month(board, name):
        raise UsageError(words("named.unopened"), where=asked.text)


def _is_citys_month(board: Board, name: FigureName) -> bool:
    """Whether a figure is of the whole city and of a month or longer. Raises UsageError for a text that is no period."""
    info = board.source.row("build") or {}
    window = window_of(name.period, as_of=board.source.as_of.date(), earliest=info["earliest"])
    is_root = (board.source.row("named__area", area=name.area) or {}).get("is_root")
    return bool(is_root) and window.kind in MONTHS_AND_LONGER


def crumbs_of(board: Board, place: Place) -> Html:
    """The way to the figure's area. `board` is the wider one."""
    return crumbs(board, place)


# --- a figure that trace found ----------------------------------------------------------------------------------------


def reading_of(board: Board, found: Traced) -> Figure:
    """A figure that trace found, as boards say figures. A count of which the build has no row is 0, as elsewhere."""
    metric = found.metric
    try:
        value: Decimal | None = Decimal(found.value_text)
    except InvalidOperation:
        is_none = metric.family in ("count", "stock") and found.reason == "no_cases"
        value = Decimal(0) if is_none else None
    row = {
        "metric_id": metric.id, "name_zh": metric.name_zh, "name_en": metric.name_en, "unit_zh": metric.unit_zh,
        "unit_en": metric.unit_en, "decimals": metric.decimals, "direction": metric.direction, "family": metric.family,
        "scale": metric.scale, "population": metric.population, "min_denominator": metric.min_denominator,
        "caveat_zh": metric.caveat_zh, "caveat_en": metric.caveat_en, "period_kind": found.window.kind,
        "period_start": found.window.first, "period_end": found.window.last, "num": found.num, "den": found.den,
        "stat_value": found.stat_value, "value": value, "is_suppressed": found.is_hidden, "reason": found.reason,
        "ci_low": found.ci_low, "ci_high": found.ci_high, "earlier_value": None, "open_until": open_until(found),
    }  # fmt: skip
    return Figure(row, board.words)


def open_until(found: Traced) -> dt.date | None:
    """Of a calendar period that had begun and was not over when the build was made: its last day with data. None for others."""
    window, day = found.window, found.as_of.date()
    return min(window.last, day) if window.first <= day and is_to_date(window.kind, window.last, found.as_of) else None


def slice_text(board: Board, name: FigureName) -> str:
    """The cut of a figure in words; empty for the whole."""
    if name.slice_kind == "all":
        return ""
    words, kind, code = board.words, name.slice_kind, name.slice_code
    if kind == "grid_level":
        return words("named.slice", kind=words("slice.grid_level"), name=words(f"level.{code}"))
    names = {(row["code_kind"], row["code"]): words.pick(row, "name") for row in board.source.ask("case__names").rows(named=True)}
    said = board.kind(code) if kind == "event_kind" else names.get((kind, code), code)
    label = words(f"slice.{kind}") if words.has(f"slice.{kind}") else kind
    return words("named.slice", kind=label, name=said)


def metric_name(words: Words, metric: Metric) -> str:
    """What a metric is called in the build that the page reads."""
    return words.pick({"name_zh": metric.name_zh, "name_en": metric.name_en}, "name")


def caveat_of(words: Words, metric: Metric) -> str:
    """What its register entry says beside it; may be empty."""
    return words.pick({"name_zh": metric.caveat_zh, "name_en": metric.caveat_en}, "name")


def code(text: object) -> Html:
    """An id or a formula, as it stands."""
    return tag("code", text, kind="data")
