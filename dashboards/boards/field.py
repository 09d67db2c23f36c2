"""Field: how the board of one domain is laid out - an answer, its figures, what is open and how old, one figure opened.

Belongs here: the order of such a page, reading its figures, which of them is open. Does not: which figures a domain has and
what is special to it (petitions, urban, ...), one figure's trend, areas and cases (figure_detail), its parts (field_slices).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from dashboards.boards import case_trail, field_slices, figure_card, figure_detail, overview, risk
from dashboards.kit import ripening
from dashboards.kit.areas import Place, crumbs, place_of
from dashboards.kit.markup import EMPTY, Html, join, tag
from dashboards.kit.page import Board, put
from dashboards.kit.periods import Period, period_of
from dashboards.kit.reading import Figure
from dashboards.kit.unopened import is_unopened

WHOLE = "all"


@dataclass(frozen=True, slots=True)
class Domain:
    """What a domain's board shows, as a table.

    Attributes:
        kinds: its kinds of matter, for what is open.
        groups: name of a group (`field.group.<name>` of the words) to its figures: a metric, or `metric/slice kind/code`.
        context: the same for figures that tell how much there is, which come after what is special.
        opened: the figure that is open at first.
        hidden: figures that no card has, for the headline and for what is special.
    """

    kinds: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    opened: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()

    @property
    def items(self) -> tuple[str, ...]:
        """All its figures as `metric/slice kind/code`."""
        named = [item for group in [*self.groups.values(), *self.context.values()] for item in group]
        return tuple(dict.fromkeys(full(item) for item in [*named, self.opened, *self.hidden]))


@dataclass(frozen=True, slots=True)
class Looked:
    """What a domain's board looks at: where, when, and its figures there."""

    board: Board
    place: Place
    period: Period
    figures: Mapping[str, Figure]
    trends: pl.DataFrame

    def figure(self, item: str) -> Figure:
        """A figure by its item."""
        return self.figures[full(item)]

    def say(self, key: str, **items: str) -> str:
        """The sentence under `key` with the values of figures; empty where one of them has none."""
        found = {name: self.figure(item) for name, item in items.items()}
        if any(figure.value is None for figure in found.values()):
            return ""
        first = next(iter(found.values()))
        return self.board.words(key, period=first.period_text, **{name: figure.value_text for name, figure in found.items()})

    def months(self, item: str) -> pl.DataFrame:
        """The months of one figure (rows of field__trends)."""
        metric, kind, code = full(item).split("/")
        is_it = (pl.col("metric_id") == metric) & (pl.col("slice_kind") == kind) & (pl.col("slice_code") == code)
        return self.trends.filter(is_it)


def full(item: str) -> str:
    """`metric` or `metric/kind/code` as the latter."""
    return item if "/" in item else f"{item}/{WHOLE}/{WHOLE}"


def show(
    board: Board, domain: Domain, *, title: Callable[[str], str], lead: Callable[[Looked], Sequence[str]],
    note: str = "", special: Callable[[Looked], None] | None = None,
) -> None:  # fmt: skip
    """The page.

    Args:
        board: the board.
        domain: its figures.
        title: its question, given the area's name.
        lead: the sentences of its answer; empty ones are left out.
        note: what a reader must not conclude, below the answer.
        special: what only this domain has, between its cards and what is open.
    """
    place = place_of(board)
    looked = read(board, domain, place, period_of(board.view, board.source.as_of))
    head = tag("h1", title(place.name)) + crumbs(board, place)
    if board.view.case:
        put(head, "title")
        case_trail.show(board)
        return
    put(head + _answer(looked, lead(looked), note), "title")
    overview.choose(board, place)
    opened = _opened(looked, domain)
    put(tag("p", board.words("overview.open_hint"), kind="muted small") + _cards(looked, domain.groups, opened), "cards")
    if special is not None:
        special(looked)
    if domain.context:
        put(tag("h2", board.words("field.context_heading")) + _cards(looked, domain.context, opened), "context")
    if domain.kinds:
        _open(looked, domain)
    if opened is not None:
        months = looked.months(f"{opened.id}/{opened.slice_kind}/{opened.slice_code}")
        figure_detail.show(board, place, opened, months, between=lambda: _parts(looked, domain, opened))


def _answer(looked: Looked, sentences: Sequence[str], note: str) -> Html:
    words = looked.board.words
    said = [sentence for sentence in sentences if sentence] or [words("field.lead_none", area=looked.place.name)]
    shown = tag("p", words("space").join(said), kind="lead")
    return shown + tag("p", note, kind="muted small") if note else shown


def read(board: Board, domain: Domain, place: Place, period: Period) -> Looked:
    """The domain's figures in an area, with the one that the address names."""
    asked = items_of(board, domain)
    where: dict[str, Any] = {"items": asked, "area": place.code, "level": place.level, **period.params}
    names = field_slices.Names(board)
    figures = {}
    for row in board.source.ask("field__figures", **where).rows(named=True):
        key = f"{row['metric_id']}/{row['slice_kind']}/{row['slice_code']}"
        figures[key] = Figure(ripening.judged(names.named(row), board.source.as_of.date()), board.words)
    return Looked(board, place, period, figures, board.source.ask("field__trends", **where))


def items_of(board: Board, domain: Domain) -> tuple[str, ...]:
    """The domain's figures, and the one that the address names if it is a part of one of them."""
    kind, _, code = board.view.cut.partition(".")
    own = {item.split("/")[0] for item in domain.items}
    is_own = code and board.view.figure in own and not is_unopened(kind, code, board.source.as_of.date())
    named = [f"{board.view.figure}/{kind}/{code}", full(board.view.figure)] if is_own else []
    return tuple(dict.fromkeys([*domain.items, *named]))


def _opened(looked: Looked, domain: Domain) -> Figure | None:
    view = looked.board.view
    kind, _, code = view.cut.partition(".")
    asked = [f"{view.figure}/{kind}/{code}" if code else "", f"{view.figure}/{WHOLE}/{WHOLE}", full(domain.opened), *domain.items]
    found = [looked.figures[item] for item in asked if item in looked.figures]
    return next((figure for figure in found if figure.row["period_kind"]), None)


def _parts(looked: Looked, domain: Domain, opened: Figure) -> None:
    """The parts of what is open; a figure that is one part of the whole city's, by the domain's own table, has none here."""
    item = f"{opened.id}/{opened.slice_kind}/{opened.slice_code}"
    whole = looked.figures.get(full(opened.id))
    if whole is not None and (item == full(opened.id) or item not in domain.items):
        field_slices.show(looked.board, looked.place, opened, whole)


def _cards(looked: Looked, groups: Mapping[str, tuple[str, ...]], opened: Figure | None) -> Html:
    board, words = looked.board, looked.board.words
    usual, warnings = "month" if board.view.month else "year_to_date", _warnings(board)
    parts: list[Html] = []
    absent: list[str] = []
    for group, items in groups.items():
        shown = []
        for item in items:
            figure = looked.figure(item)
            if not figure.row["is_given"] and not figure.row["period_kind"]:
                absent.append(figure.name)
                continue
            told = warnings.get(figure.id, [])
            remark = words("field.warning", said=words("separator").join(told)) if told else ""
            shown.append(
                figure_card.card(
                    board,
                    figure,
                    looked.months(item),
                    looked.period.month,
                    usual=usual,
                    is_open=figure is opened,
                    remark=remark,
                    area=looked.place.code,
                )
            )
        if shown:
            parts += [tag("h2", words(f"field.group.{group}"), kind="group"), tag("div", join(shown), kind="cards")]
    if absent:
        names = words("comma").join(absent)
        parts.append(tag("p", words("overview.not_here", names=names, level=looked.place.level), kind="muted small gap"))
    return join(parts) if parts else EMPTY


def _warnings(board: Board) -> dict[str, list[str]]:
    """Metric to the warnings of its register entry."""
    found: dict[str, list[str]] = {}
    for row in board.source.ask("field__warnings").rows(named=True):
        found.setdefault(row["metric_id"], []).append(board.words.pick(row, "name"))
    return found


def _open(looked: Looked, domain: Domain) -> None:
    """What is open and how old, of the domain's kinds."""
    cases = looked.board.source.ask("risk__open", area=looked.place.code, kind="")
    own = cases.filter(pl.col("event_kind").is_in(domain.kinds))
    hidden = sorted(set(own.filter("is_hidden")["event_kind"]))
    risk.open_cases(looked.board, own.filter(~pl.col("is_hidden")), hidden, kinds=domain.kinds)
