"""One case: its steps in time, its codes, and the record of the file it came from.

Belongs here: what may be shown of a case (no P3, no P4: such columns are in no mart). Does not: lists of cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboards.kit import unopened
from dashboards.kit.areas import UNASSIGNED
from dashboards.kit.markup import Html, anchor, chip, join, tag
from dashboards.kit.page import Board, put
from dashboards.kit.words import Words

STEPS = ("occurred_at", "reported_at", "accepted_at", "registered_at", "filed_at", "dispatched_at", "arrived_at", "handled_at",
         "verified_at", "closed_at", "deadline_at")  # fmt: skip

#: What may stand where a flag names a column and is none: nothing, and what a whole row is flagged by.
NO_COLUMN = ("", "delete_flag")


def show(board: Board) -> None:
    """The case the view names."""
    words = board.words
    close = anchor(board.view.but(case=""), words("cases.back"))
    if not board.source.reader.sees_cases:
        put(tag("p", words("cases.not_for_role"), " ", close, kind="notice"), "case")
        return
    row = board.source.row("case", event=board.view.case)
    # One that is not opened is answered as one that is not there: who can work out its id must not learn that there is one.
    if row is None or unopened.is_unopened("category", row["category_code"], board.source.as_of.date()):
        put(tag("p", words("case.gone", event=board.view.case), " ", close, kind="notice"), "case")
        return
    number = str(row["source_case_no"] or row["event_id"][:12])
    state = chip(words(f"state.{row['current_state']}"))
    head = tag("h2", words("case.heading"), " ", tag("span", number, kind="data"), " ", state)
    versions = board.source.ask("case__versions", event=board.view.case).rows(named=True)
    body = head + _steps(board, row) + _facts(board, row) + _source(board, row, versions)
    put(tag("p", close) + tag("div", body, kind="case"), "case")


def _steps(board: Board, row: dict[str, Any]) -> Html:
    known = sorted(((row[step], step) for step in STEPS if row.get(step)), key=lambda pair: pair[0])
    steps = [
        tag("div", tag("b", board.words(f"step.{step}")), board.words.stamp(at, row["time_precision"])) for at, step in known
    ]
    return tag("div", join(steps), kind="steps")


def _fact(name: str, value: object, *, broad: bool = False) -> Html:
    return tag("div", tag("dt", name), tag("dd", value), kind="broad" if broad else "")


def _facts(board: Board, row: dict[str, Any]) -> Html:
    words = board.words
    has_place = row["grid_code"] != UNASSIGNED
    place = f"{words.pick(row, 'area')} ({row['grid_code']})" if has_place else words("area.unassigned")
    reason = str(row["not_counted_reason"] or "")
    why_not = words(f"not_counted.{reason}") if words.has(f"not_counted.{reason}") else reason
    counted = words("yes") if row["is_counted"] else words("case.not_counted", reason=why_not)
    facts = [
        _fact(words("column.kind"), board.kind(row["event_kind"])),
        _fact(words("column.category"), words.pick(row, "category") or row["category_code"]),
        _fact(words("column.place"), place),
        _fact(words("case.department"), words.pick(row, "department") or row["lead_dept_id"] or words("unknown")),
        _fact(words("case.counted"), counted),
        _fact(words("case.flags"), _flags(board, row["dq_flags"] or [])),
    ]
    return tag("dl", join(facts), kind="facts")


def _flags(board: Board, flags: list[str]) -> Html:
    """What is odd about a case, or that nothing is."""
    words = board.words
    names = {row["mark"]: words.pick(row, "name") for row in board.source.ask("dirt_marks").rows(named=True)}
    told = [flag_text(words, flag, names) for flag in flags]
    return join(told, words("semicolon")) if told else join([words("case.no_flags")])


def flag_text(words: Words, flag: str, names: Mapping[str, str]) -> Html:
    """A flag in words: `column:mark` is about a value, `column-kind` about a rule that it broke, a mark alone about the case.

    Args:
        words: the language.
        flag: as the case has it.
        names: of marks (marts.ref_dirt_mark); the others, and what kinds of rules say, are words of the boards.
    """
    column, between, mark = flag.rpartition(":" if ":" in flag else "-")
    key = f"flag.rule_{mark}" if between == "-" else f"flag.{mark}"
    known = words(key) if words.has(key) else names.get(mark, "")
    about = [tag("code", column, kind="data")] if column not in NO_COLUMN else []
    return join([*about, known or tag("code", mark, kind="data")], " ")


def _source(board: Board, row: dict[str, Any], versions: list[dict[str, Any]]) -> Html:
    words = board.words
    facts = [
        _fact(words("case.file"), tag("b", row["file_name"] or words("unknown")), broad=True),
        _fact(words("case.record"), tag("b", row["source_record_no"])),
        _fact(words("case.feed"), words.pick(row, "feed")),
        _fact(words("case.digest"), tag("code", row["source_file"]), broad=True),
        _fact(words("case.event"), tag("code", row["event_id"]), broad=True),
    ]
    lines = [
        tag("li", words("case.version", n=version["version_no"], moment=words.moment(version["version_at"])), " ",
            words("cases.record", file=version["file_name"] or str(version["source_file"])[:12],
                  n=version["source_record_no"]), " ",
            chip(words("case.current"), "better") if version["is_current"] else "")
        for version in versions
    ]  # fmt: skip
    history = tag("h3", words("case.versions")) + tag("ol", join(lines), kind="list") if len(lines) > 1 else Html("")
    return (
        tag("h3", words("case.source"))
        + tag("dl", join(facts), kind="facts")
        + tag("p", words("case.how"), kind="muted small")
        + history
    )
