"""Why did it change?: one figure in two kept builds, and the steps between them, which add up exactly.

Belongs here: the two builds, the sentence, the waterfall, the table of steps, the cases that moved. Does not: finding the steps
(pipelines.trace), one case (case_trail).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboards.kit import charts, filters
from dashboards.kit.areas import place_of
from dashboards.kit.chance import whole
from dashboards.kit.data import kept_builds
from dashboards.kit.filters import View
from dashboards.kit.markup import EMPTY, Column, Html, Named, anchor, join, table, tag
from dashboards.kit.menu import BOARDS
from dashboards.kit.named import (
    EXPLAIN,
    asked_of,
    choose_figure,
    code,
    crumbs_of,
    find,
    is_gone,
    named_link,
    reading_of,
    slice_text,
    wider,
)
from dashboards.kit.page import Board, draw, has_board, put
from dashboards.kit.reading import Figure
from dashboards.kit.unopened import is_unopened
from dashboards.kit.waterfall import Fall, waterfall
from pipelines.reports.explain import changed
from pipelines.trace import Difference, Step
from pipelines.trace import Figure as Traced


def show(board: Board) -> None:
    """The page."""
    words = board.words
    title = tag("h1", words("title.why_changed"))
    if is_gone(board, title):
        return
    builds = {str(one["build"]): one for one in kept_builds(board.source.home_root)}
    later = board.source.build_id
    order = list(builds)
    older = order[order.index(later) + 1 :] if later in builds else []
    if not older:
        put(title + tag("p", words("why.no_earlier", build=later), kind="notice"), "title")
        _choose_builds(board, builds, later, "")
        return
    earlier = board.view.earlier if board.view.earlier in older else older[0]
    asked = asked_of(board)
    found = find(board, asked, changed, title, earlier=json.dumps(builds[earlier], sort_keys=True))
    if found is None:
        return
    beside = wider(board, asked, found.after.area)
    place = place_of(beside)
    before, after = reading_of(board, found.before), reading_of(board, found.after)
    put(title + crumbs_of(beside, place) + tag("p", _lead(board, found, before, after), kind="lead"), "title")
    choose_figure(beside, asked, place)
    _choose_builds(board, builds, later, earlier)
    _steps(board, found, before, after)


def _choose_builds(board: Board, builds: dict[str, dict[str, Any]], later: str, earlier: str) -> None:
    """Boxes for the two builds; another later build is another id."""
    words, order = board.words, list(builds)
    name = board.view.named.rpartition("@")[0] if "@" in board.view.named else board.view.named
    at = replace(board, view=board.view.but(build=later, earlier=earlier, named=name))

    def written(build: str) -> str:
        return f"{build} · {words.moment(str(builds[build]['as_of']))}" if build in builds else words("why.none")

    left, right, _ = st.columns([1.2, 1.2, 0.6])
    with left:
        older = order[order.index(later) + 1 :] if later in order else []
        filters.choose(words("why.earlier"), older or [""], at.view, "earlier", written=written)
    with right:
        filters.choose(words("why.later"), order, at.view, "build", written=written, onward=lambda view: view.but(earlier=""))


def _value(reading: Figure) -> str:
    return reading.why_none if reading.value is None else f"{reading.value_text} {reading.unit_text}".strip()


def _sees_all(board: Board) -> bool:
    reader = board.source.reader
    return reader.sees_cases and not (reader.departments or reader.feeds)


def _lead(board: Board, found: Difference, before: Figure, after: Figure) -> str:
    """From what to what, and which step moved it most."""
    words, figure = board.words, found.after
    area = words.pick({"name_zh": figure.area_zh, "name_en": figure.area_en}, "name") or figure.area
    said = {
        "area": area, "slice": slice_text(board, figure.name), "name": after.name, "period": after.period_text,
        "before": _value(before), "after": _value(after),
    }  # fmt: skip
    if found.is_hidden:
        return words("why.hidden", **said)
    if not found.steps:
        return words("why.same", **said)
    parts = [words("why.lead", **said)]
    if _sees_all(board):
        most = max(found.steps, key=lambda step: (abs(step.num) + abs(step.den), step.id))
        parts.append(words("why.most", step=words(f"why.step.{most.id}"), cases=words.number(most.cases_n)))
        parts.append(words("why.adds_up" if found.adds_up else "why.not_explained"))
    elif not board.source.reader.sees_cases:
        parts.append(words("cases.not_for_role"))
    if board.source.reader.is_bounded and board.source.reader.sees_cases:
        parts.append(words("why.bounded"))
    return words("space").join(parts)


def _name(board: Board, step: Step) -> str:
    """A step in words; what nobody but the whole build explains is, for a reader who sees a part, what they do not see."""
    if step.id == "unexplained" and not _sees_all(board):
        return board.words("why.step.unseen")
    return board.words(f"why.step.{step.id}")


def _steps(board: Board, found: Difference, before: Figure, after: Figure) -> None:
    """The waterfall, the table that adds up, the cases."""
    if found.is_hidden:
        return
    draw(chart_of(board, found, before, after), "waterfall")
    if not found.steps:
        return
    put(_table(board, found, before, after) + _definition(board, found), "steps")
    put(_moves(board, found), "moves")


def _exact(figure: Traced, reading: Figure) -> float | None:
    """A figure's value as the steps have it, not rounded; None where it has none."""
    if reading.is_count:
        return float(figure.num or 0)
    if figure.stat_value is not None:
        return figure.stat_value
    if figure.num is not None and figure.den:
        return figure.num * figure.metric.scale / figure.den
    return None if reading.value is None else float(reading.value)


def chart_of(board: Board, found: Difference, before: Figure, after: Figure) -> charts.Chart:
    """The value after each step; none for a figure that is not a number of cases or has no value after some step."""
    words, decimals = board.words, after.decimals
    caption = charts.Caption(words("why.chart", name=after.name), after.unit, board.as_of, words("why.no_chart"))
    at, last = _exact(found.before, before), _exact(found.after, after)
    if at is None or last is None or any(step.value is None for step in found.steps):
        return charts.Chart(caption, None)
    falls = []
    for step in found.steps:
        now = float(step.value or 0)
        text = words.signed(now - at, decimals)
        hover = words("why.hover", step=_name(board, step), change=text, cases=words.number(step.cases_n))
        falls.append(Fall(_name(board, step), at, now, text, hover))
        at = now
    ends = [
        Fall(f"{words(f'why.{key}')} {figure.name.build}", value, value, _value(reading), _value(reading))
        for key, figure, value, reading in (
            ("earlier", found.before, falls[0].before if falls else at, before), ("later", found.after, last, after),
        )
    ]  # fmt: skip
    return waterfall(caption, ends[0], falls, ends[1], names=(words("why.up"), words("why.down")))


def _table(board: Board, found: Difference, before: Figure, after: Figure) -> Html:
    """Numerator and denominator step by step; the last line but one is the sum of the steps."""
    words = board.words
    has_den = bool(found.before.den or found.after.den)

    def line(name: object, num: str, den: str, cases: str, value: object) -> list[object]:
        return [name, num, *([den] if has_den else []), cases, value]

    def end(reading: Figure, key: str) -> list[object]:
        figure = found.before if key == "earlier" else found.after
        link = named_link(board, str(figure.name), f"{words(f'why.{key}')} {figure.name.build}")
        return line(link, words.number(figure.num), words.number(figure.den), "", Named(_value(reading), str(figure.name)))

    decimals, sign = after.decimals, "%" if after.unit == "%" else ""
    rows = [end(before, "earlier")]
    rows += [
        line(_name(board, s), words.signed(s.num), words.signed(s.den), words.number(s.cases_n),
             f"{words.number(s.value, decimals)}{sign if s.value is not None else ''}")
        for s in found.steps
    ]  # fmt: skip
    num, den = sum(step.num for step in found.steps), sum(step.den for step in found.steps)
    rows += [line(tag("b", words("why.sum")), words.signed(num), words.signed(den), "", ""), end(after, "later")]
    columns = [Column(words("why.step")), Column(words("explain.num"), is_number=True)]
    columns += [Column(words("explain.den"), is_number=True)] if has_den else []
    columns += [Column(words("column.cases"), is_number=True), Column(words("why.value_after"), is_number=True)]
    return tag("h2", words("why.steps")) + table(columns, rows, caption=words("why.rule"))


def _definition(board: Board, found: Difference) -> Html:
    """Which keys of the definition differ."""
    keys = [*found.changed_keys[0], *found.changed_keys[1]]
    if not keys:
        return EMPTY
    return tag("p", board.words("why.definition"), " ", join([code(key) for key in keys], " "), kind="small")


def _moves(board: Board, found: Difference) -> Html:
    """The first of the cases that moved it, with the record in both builds; not those that no board opens in either."""
    words, most = board.words, whole("cases_per_page")
    days = (found.before.as_of.date(), found.after.as_of.date())
    told = [
        row for row in found.moves.iter_rows(named=True)
        if not any(is_unopened("category", row[name], day) for name in ("category_code", "category_before") for day in days)
    ]  # fmt: skip
    left_out = tag("p", words("cases.unopened"), kind="muted small") if len(told) < found.moves.height else EMPTY
    if not told:
        return left_out
    order = {step.id: number for number, step in enumerate(found.steps)}
    rows = sorted(told, key=lambda move: (order.get(move["step"], 0), move["event_id"]))
    steps = {step.id: _name(board, step) for step in found.steps}
    lines = []
    for move in rows[:most]:
        number = move["source_case_no"] or str(move["event_id"])[:12]
        records = [_record(board, move[f"file_{when}"], move[f"record_{when}"]) for when in ("before", "after")]
        shown = _case(board, found, move, number)
        lines.append([shown, steps[move["step"]], words.signed(move["num"]), words.signed(move["den"]), *records])
    titles, numeric = ("case", "step", "num", "den", "record_before", "record_after"), {"num", "den"}
    columns = [Column(words(f"why.column.{name}"), is_number=name in numeric) for name in titles]
    rest = len(rows) - len(lines)
    more = tag("p", words("why.more", n=words.number(rest)), kind="muted small") if rest > 0 else EMPTY
    return tag("h2", words("why.moves")) + table(columns, lines) + more + left_out


def _case(board: Board, found: Difference, move: dict[str, Any], number: str) -> Html:
    """A case, as a link to its trail in the build that has it."""
    if not move["source_case_no"] or not has_board(board, EXPLAIN):
        return tag("span", number)
    figure = found.after if move["file_after"] else found.before
    view = View(board.view.language, named=str(figure.name), case=str(move["event_id"]))
    return tag("span", anchor(view, number, page=BOARDS[EXPLAIN]), kind="nowrap")


def _record(board: Board, file: str | None, record: int | None) -> Html:
    if file is None:
        return tag("span", "—", kind="muted")
    short = file.rsplit("/", 1)[-1]
    return tag("span", short if record is None else board.words("cases.record", file=short, n=record), kind="small data")
