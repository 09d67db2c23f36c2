"""Can this number be true?: a bureau's figure beside ours, and whether whole cases can give it.

Belongs here: the form, our documented readings nearest first, the rounding audit. Does not: which readings there are
(reports.reconcile), rounding (analytics.figures).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboards.boards.explain import told_apart
from dashboards.kit.areas import place_of
from dashboards.kit.filters import from_params, to_params
from dashboards.kit.markup import EMPTY, Column, Html, Named, chip, join, table, tag
from dashboards.kit.named import (
    asked_of,
    caveat_of,
    choose_figure,
    crumbs_of,
    find,
    is_gone,
    metric_name,
    named_link,
    wider,
)
from dashboards.kit.page import Board, put
from dashboards.kit.words import NOTHING
from pipelines.analytics.figures import audit_published_figure
from pipelines.reports.explain import compared, decimals_of, explain, smallest_pairs
from pipelines.reports.reconcile import Reading
from pipelines.trace import Figure as Traced

PERCENT = 100
CLAIMS = ("=", ">", ">=", "<", "<=", "~")
_BAD = "can_be_true_bad"


def show(board: Board) -> None:
    """The page."""
    words, printed = board.words, board.view.printed
    title = tag("h1", words("title.can_be_true"))
    if is_gone(board, title):
        return
    asked = asked_of(board)
    found = find(board, asked, explain, title)
    if found is None:
        return
    figure = found.trace.figure
    beside = wider(board, asked, figure.area)
    place = place_of(beside)
    readings: list[Reading] = []
    if printed and not figure.is_hidden:
        readings = find(board, asked, compared, title, printed) or []
    lead = _lead(board, figure, readings)
    put(title + crumbs_of(beside, place) + tag("p", lead, kind="lead"), "title")
    choose_figure(beside, asked, place)
    put(_form(board), "form", act=_acting(board))
    if printed and not figure.is_hidden:
        put(_readings(board, figure, readings) + _audit(board, figure), "answer")


def _acting(board: Board) -> Callable[[dict[str, Any]], None]:
    """Writes what was typed into the address, which is the page's only memory."""

    def act(form: dict[str, Any]) -> None:
        typed = {"value": _plain(form.get("value")), "of": _plain(form.get("of")), "claim": str(form.get("claim") or "")}
        view = from_params({**to_params(board.view.way_on), **typed}, language=board.view.language)
        st.session_state[_BAD] = bool(typed["value"]) and not view.printed
        st.query_params.from_dict(to_params(view))

    return act


def _plain(text: object) -> str:
    """What was typed without percent sign, blanks and grouping."""
    return "".join(letter for letter in str(text or "") if letter not in " ,，%％").strip()


def _form(board: Board) -> Html:
    words, view = board.words, board.view
    chosen = view.claim or "="
    options = [
        tag("option", words(f"true.claim.{claim}"), value=claim, selected="selected" if claim == chosen else "")
        for claim in CLAIMS
    ]
    fields = [
        tag("label", tag("span", words("true.value")), _box("value", view.printed, words("true.value_hint"))),
        tag("label", tag("span", words("true.claim")), tag("select", *options, name_="claim", aria_label=words("true.claim"))),
        tag("label", tag("span", words("true.of")), _box("of", view.printed_of, words("true.of_hint"))),
    ]
    bad = tag("p", words("true.bad"), kind="notice", role="alert") if st.session_state.get(_BAD) else EMPTY
    button = tag("button", words("true.ask"), type="submit", data_busy=words("true.busy"))
    # Another answer is another form: its button must not stay as it was when it was pressed.
    turn = f"{view.printed} {view.printed_of} {view.claim} {st.session_state.get(_BAD)}"
    return tag("form", *fields, button, data_act="true", novalidate="novalidate", data_turn=turn) + bad


def _box(name: str, value: str, hint: str) -> Html:
    return tag("input", type="text", name_=name, value=value, placeholder=hint, autocomplete="off", inputmode="decimal")


def _lead(board: Board, figure: Traced, readings: list[Reading]) -> str:
    """Whether a documented reading says the same, which, and how far off the nearest is."""
    words, printed = board.words, board.view.printed
    if figure.is_hidden:
        return words("true.hidden")
    if figure.reason == "before_data":
        return words("true.before_data")
    if not printed:
        return words("true.nothing_asked")
    if not readings:
        return words("true.no_readings")
    nearest = readings[0]
    name = f"{nearest.figure.metric.id} {metric_name(words, nearest.figure.metric)}"
    basis = words(f"basis.{nearest.figure.name.basis}")
    decimals = decimals_of(Decimal(printed))
    said = {"printed": words.number(Decimal(printed), decimals), "name": name, "basis": basis}
    if nearest.difference == 0:
        return words("true.agrees", **said)
    value, size = words.number(nearest.value, decimals), words.signed(nearest.difference, decimals)
    return words("true.differs", value=value, difference=size, **said)


def _readings(board: Board, figure: Traced, readings: list[Reading]) -> Html:
    """Our figure by every documented definition, nearest first, and whether its cases could give what was printed."""
    words, value = board.words, Decimal(board.view.printed)
    decimals = decimals_of(value)
    if not readings:
        return EMPTY
    is_share = figure.metric.scale == PERCENT and value >= 0
    lines = []
    for one in told_apart(readings, figure.name):
        metric = one.figure.metric
        name = named_link(board, str(one.figure.name), f"{metric.id} {metric_name(words, metric)}")
        parts = " / ".join(words.number(n) for n in (one.figure.num, one.figure.den) if n is not None)
        same = chip(words("true.same"), "better") if one.difference == 0 else words.signed(one.difference, decimals)
        lines.append([
            name, words(f"basis.{one.figure.name.basis}"), tag("b", words.number(one.value, decimals)), same,
            Named(parts, str(one.figure.name), "parts"),
            *([_needed(board, one, value)] if is_share else []), caveat_of(words, metric),
        ])  # fmt: skip
    titles = ["figure", "basis", "ours", "difference", "parts", *(["needed"] if is_share else []), "caveat"]
    own, numeric = {"ours", "difference", "needed"}, {"ours", "difference", "parts", "needed"}
    columns = [Column(words(f"true.column.{t}" if t in own else f"column.{t}"), is_number=t in numeric) for t in titles]
    return tag("h2", words("true.readings")) + table(columns, lines, caption=words("true.readings_note"))


def _needed(board: Board, one: Reading, value: Decimal) -> str:
    """Which numerators of this reading's denominator would print as the bureau's figure."""
    if not one.figure.den:
        return NOTHING
    claim = board.view.claim or "="
    found = audit_published_figure(value, decimals_of(value), one.figure.den, claim).numerators
    number = board.words.number
    if not found:
        return board.words("true.none")
    return number(found[0]) if len(found) == 1 else f"{number(found[0])} – {number(found[-1])}"


def _audit(board: Board, figure: Traced) -> Html:
    """Whether whole cases can give the percentage: of the stated denominator, or of ours; and the smallest pairs that do."""
    words, value = board.words, Decimal(board.view.printed)
    head = tag("h2", words("true.audit"))
    if figure.metric.scale != PERCENT or figure.metric.family not in ("ratio", "share"):
        return head + tag("p", words("true.not_a_share"), kind="muted")
    if value < 0:
        return head + tag("p", words("true.negative"))
    decimals, den = decimals_of(value), int(board.view.printed_of or 0) or int(figure.den or 0)
    parts: list[object] = [head]
    if den:
        whose = words("true.den_stated" if board.view.printed_of else "true.den_ours", n=words.number(den))
        lines = audit_published_figure(value, decimals, den, board.view.claim or "=").lines(words.language)
        parts += [tag("p", whose, kind="muted small"), *(tag("p", line) for line in lines)]
    else:
        parts.append(tag("p", words("true.no_den"), kind="muted"))
    if pairs := smallest_pairs(value, decimals):
        told = words("separator").join(f"{words.number(num)}/{words.number(of)}" for num, of in pairs)
        parts.append(tag("p", words("true.pairs", pairs=told)))
    return join(parts)
