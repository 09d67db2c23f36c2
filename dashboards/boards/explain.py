"""Explain: where does this number come from?

Belongs here: one figure of one kept build under its permanent id - definition, formula, owner, variants, warnings, parts,
interval, cases - and the order in which it is told. Does not: finding it and counting it again (pipelines.trace), the list of
cases (case_list), one case and its record (case_trail).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from dashboards.boards import case_list, case_trail, figure_usage
from dashboards.kit import unopened
from dashboards.kit.areas import place_of
from dashboards.kit.markup import EMPTY, Column, Html, Named, chip, join, table, tag
from dashboards.kit.named import (
    asked_of,
    caveat_of,
    choose_figure,
    code,
    crumbs_of,
    find,
    is_gone,
    metric_name,
    named_link,
    reading_of,
    slice_text,
    wider,
)
from dashboards.kit.page import Board, has_board, put
from dashboards.kit.reading import Figure
from pipelines.reports.explain import Explained, explain
from pipelines.reports.reconcile import Reading
from pipelines.trace import FigureName, Trace, cases_of

#: A figure in a sentence that trace made.
_NAME = re.compile(r"[MV]\d{2}[a-z]?[~/]\S+@\w+")
#: Of a figure that is not made of cases: how many of its files or areas are listed.
UNITS_SHOWN = 20
#: Parts of a definition that are the register's own text, in the order told; `true` says nothing.
FORMULA = ("filter", "numerator", "numerator_time", "denominator", "population", "start", "sum_of", "sql", "of")


def show(board: Board) -> None:
    """The page."""
    title = tag("h1", board.words("title.explain"))
    if is_gone(board, title):
        return
    asked = asked_of(board)
    found = find(board, asked, explain, title)
    if found is None:
        return
    figure = found.trace.figure
    reading, beside = reading_of(board, figure), wider(board, asked, figure.area)
    place = place_of(beside)
    put(title + crumbs_of(beside, place) + tag("p", _lead(board, found.trace, reading), kind="lead"), "title")
    if board.view.case:
        case_trail.show(board)
        return
    choose_figure(beside, asked, place)
    put(_id(board, found) + _facts(board, found, reading), "figure")
    put(_definition(board, found) + _variants(board, found) + _build(board), "definition")
    _cases(board, found.trace, reading)


def _lead(board: Board, found: Trace, reading: Figure) -> str:
    """What the number is, what of, and whether its cases add up to it."""
    words, figure = board.words, found.figure
    area = words.pick({"name_zh": figure.area_zh, "name_en": figure.area_en}, "name") or figure.area
    said = {"area": area, "period": reading.period_text, "name": reading.name, "slice": slice_text(board, figure.name)}
    if reading.value is None:
        return words("explain.lead_none", why=reading.why_none, **said)
    value = f"{reading.value_text} {reading.unit_text}".strip()
    told = reading.parts_text
    if figure.metric.family == "change":
        key = "change.areas" if found.whole is not None and found.whole.is_of_lists else "change.counts"
        told = words(key, before=words.number(figure.den), now=words.number(figure.num))
    parts = words("explain.lead_parts", parts=told) if told else ""
    return words("explain.lead", value=value, parts=parts, **said) + words("space") + _adds_up(board, found)


def _adds_up(board: Board, found: Trace) -> str:
    """Whether the cases, counted again, are what was published."""
    words, reader = board.words, board.source.reader
    if not reader.sees_cases or reader.departments or reader.feeds:
        return words("explain.not_all_cases")
    if found.whole is not None and found.whole.num is None:
        return words("explain.no_recount")
    counted = " / ".join(words.number(n) for n in (found.num, found.den) if n is not None)
    if not counted:
        return words("explain.no_recount")
    if found.agrees:
        is_of_areas = found.whole is not None and found.whole.unit_is == "area"
        return words("explain.agrees_areas" if is_of_areas else "explain.agrees", counted=counted)
    published = " / ".join(words.number(n) for n in (found.figure.num, found.figure.den) if n is not None)
    return words("explain.disagrees", counted=counted, published=published)


def _id(board: Board, found: Explained) -> Html:
    """The permanent id, and the two other questions about this figure."""
    words, name = board.words, str(found.trace.figure.name)
    others = [page for page in ("can_be_true", "why_changed") if has_board(board, page)]
    more = join([named_link(board, name, words(f"board.{page}"), page=page) for page in others], " · ")
    link = named_link(board, name, code(name))
    return tag("p", words("explain.id"), " ", link, tag("span", words("explain.id_holds"), kind="muted small")) + tag("p", more)


def _fact(name: str, value: object, *, broad: bool = False, figure: str = "") -> Html:
    return tag("div", tag("dt", name), tag("dd", value, data_figure=figure), kind="broad" if broad else "")


def _facts(board: Board, found: Explained, reading: Figure) -> Html:
    """The number with all that it is made of."""
    words, figure = board.words, found.trace.figure
    value = tag("b", reading.value_text, tag("span", f" {reading.unit_text}", kind="unit") if reading.unit_text else "")
    value = value if reading.value is not None else tag("b", reading.why_none)
    facts = [_fact(words("column.value"), value, figure=str(figure.name))]
    facts += [_fact(words("explain.period"), reading.days_text)]
    if not figure.is_hidden:
        below = words("explain.residents" if figure.metric.population else "explain.den")
        facts += [_fact(words("explain.num"), words.number(figure.num))] if figure.num is not None else []
        facts += [_fact(below, words.number(figure.den))] if figure.den is not None else []
    facts += [_fact(words("column.interval"), _interval(reading) or words("explain.no_interval"))]
    if found.trace.residents:
        number, year, method = found.trace.residents
        told = words(f"method.{method}") if words.has(f"method.{method}") else method
        facts.append(_fact(words("explain.base"), words("explain.base_of", n=words.number(number), year=year, method=told)))
    facts.append(_fact(words("explain.basis"), words(f"basis.{figure.name.basis}")))
    return tag("dl", join(facts), kind="facts")


def _interval(reading: Figure) -> str:
    if not reading.interval_text:
        return ""
    low, high = (reading.words.number(reading.row[end], reading.decimals) for end in ("ci_low", "ci_high"))
    return reading.words("explain.low_high", low=low, high=f"{high}{'%' if reading.unit == '%' else ''}")


def _definition(board: Board, found: Explained) -> Html:
    """How the build defined it, who answers for it, what to know before using it."""
    words, metric = board.words, found.trace.figure.metric
    time = f"step.{metric.time}"
    kinds = words("comma").join(board.kind(kind) for kind in metric.kinds)
    feeds = board.source.ask("explain__feeds", kinds=tuple(metric.kinds)).rows(named=True)
    whole = found.trace.whole
    of_cases = [
        _fact(words("explain.cohort"), words("explain.by", time=words(time)) if words.has(time) else code(metric.time)),
        _fact(words("explain.kinds"), kinds),
        _fact(words("explain.counts"), words(f"counts.{metric.counts}")),
        _fact(words("explain.sources"), words("separator").join(words.pick(row, "title") for row in feeds)) if feeds else EMPTY,
    ]
    facts = [
        _fact(words("explain.metric"), f"{metric.id} {metric_name(words, metric)}"),
        _fact(words("explain.family"), words(f"family.{metric.family}")),
        *([_fact(words("explain.from"), words("explain.from_lists"))] if whole is not None and whole.is_of_lists else of_cases),
        _fact(words("explain.least"), words.number(metric.min_denominator)) if metric.min_denominator else EMPTY,
        _fact(words("explain.owner"), words("explain.owner_desk")),
        _fact(words("explain.evidence"), code(metric.evidence)) if metric.evidence else EMPTY,
    ]
    rows = [
        [words(f"formula.{part}"), code(getattr(metric, part))] for part in FORMULA if getattr(metric, part) not in ("", "true")
    ]
    formula = EMPTY
    if rows:
        columns = [Column(words("explain.part")), Column(words("explain.text"), is_wide=True)]
        formula = tag("p", words("explain.formula"), kind="muted small") + table(columns, rows)
    caveat = caveat_of(words, metric)
    usage = figure_usage.warnings(words, board.source.ask("figure__warnings", metric=metric.id).rows(named=True))
    said = [tag("li", sentence) for sentence in (caveat, words(f"direction.{metric.direction}"), *usage) if sentence]
    return (
        tag("h2", words("explain.definition")) + tag("dl", join(facts), kind="facts")
        + formula + tag("h2", words("explain.warnings")) + tag("ul", join(said), kind="usage")
    )  # fmt: skip


def _variants(board: Board, found: Explained) -> Html:
    """Every documented reading of the same figure, each a link; the one that is open is marked."""
    words, figure = board.words, found.trace.figure
    root = figure.metric.variant_of or figure.metric.id
    known = board.source.ask("explain__variants", root=root).rows(named=True)
    lines = [_variant(board, one, figure.name) for one in told_apart(found.variants, figure.name)]
    given = {one.figure.metric.id for one in found.variants}
    absent = [f"{row['metric_id']} {words.pick(row, 'name')}" for row in known if row["metric_id"] not in given]
    head, note = tag("h2", words("explain.variants")), EMPTY
    if len(known) == 1:
        note = tag("p", words("explain.no_variants"), kind="muted")
    elif absent:
        note = tag("p", words("explain.not_given", names=words("comma").join(absent)), kind="muted small")
    if len(lines) <= 1:
        return head + note
    titles, numeric = ("figure", "basis", "value", "parts", "caveat"), {"value", "parts"}
    columns = [Column(words(f"column.{name}"), is_number=name in numeric) for name in titles]
    return head + table(columns, lines, caption=words("explain.variants_note")) + note


def told_apart(variants: Sequence[Reading], here: FigureName) -> list[Reading]:
    """The variants without those that are the same number on both maps: of these the one as the areas were, or the open one."""
    kept: dict[tuple[str, int | None, int | None, Decimal], Reading] = {}
    for one in variants:
        key = (one.figure.metric.id, one.figure.num, one.figure.den, one.value)
        if key not in kept or one.figure.name == here:
            kept[key] = one
    return list(kept.values())


def _variant(board: Board, one: Reading, here: FigureName) -> list[object]:
    words, metric, name = board.words, one.figure.metric, one.figure.name
    mark = chip(words("explain.here"), "better") if name == here else EMPTY
    parts = " / ".join(words.number(n) for n in (one.figure.num, one.figure.den) if n is not None)
    link = named_link(board, str(name), f"{metric.id} {metric_name(words, metric)}")
    value = Named(tag("b", words.number(one.value, metric.decimals)), str(name))
    beside = Named(parts, str(name), "parts")
    return [tag("span", link, " ", mark), words(f"basis.{name.basis}"), value, beside, caveat_of(words, metric)]


def _build(board: Board) -> Html:
    """The build that holds it."""
    words, row = board.words, board.source.row("explain__build") or {}
    facts = [
        _fact(words("banner.build"), code(row["build_id"])),
        _fact(words("banner.as_of"), words.moment(row["as_of"])),
        _fact(words("explain.mode"), words(f"mode.{row['mode']}")),
        _fact(words("explain.fingerprint"), code(row["fingerprint"])),
    ]
    return tag("h2", words("explain.build")) + tag("dl", join(facts), kind="facts")


def _cases(board: Board, found: Trace, reading: Figure) -> None:
    """The cases, or what a figure that is not made of cases is made of."""
    words, figure = board.words, found.figure
    heading = tag("h2", words("cases.heading"))
    if figure.is_hidden:
        put(heading + tag("p", words("cases.hidden"), kind="muted"), "cases")
    elif found.whole is not None:
        put(tag("h2", words("explain.made_of")) + _whole(board, found), "cases")
    elif not board.source.reader.sees_cases:
        put(heading + tag("p", words("cases.not_for_role"), kind="muted"), "cases")
    else:
        without = unopened.categories(board.source.as_of.date())
        case_list.listed(board, reading, cases_of(figure, without=without), board.view)


def _whole(board: Board, found: Trace) -> Html:
    """What a figure is made of that is not made of cases: a sentence with links, then files or areas."""
    words, whole = board.words, found.whole
    if whole is None:
        return EMPTY
    parts: list[object] = []
    last = 0
    for name in _NAME.finditer(whole.words):
        parts += [whole.words[last : name.start()], named_link(board, name[0], code(name[0]))]
        last = name.end()
    said = tag("p", *parts, whole.words[last:])
    if not whole.units:
        return said
    columns = [Column(words(f"column.{whole.unit_is}")), Column(words("explain.num"), is_number=True)]
    columns += [Column(words("explain.den"), is_number=True)] if found.den else []
    rows = [
        [unit, words.number(num), *([words.number(den)] if found.den else [])] for unit, num, den in whole.units[:UNITS_SHOWN]
    ]
    rest = len(whole.units) - len(rows)
    more = tag("p", words("explain.more_units", n=words.number(rest)), kind="muted small") if rest > 0 else EMPTY
    return said + table(columns, rows) + more
