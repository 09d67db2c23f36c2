"""What a clerk sends with the forms of "My returned rows", and what she is told of it.

Belongs here: reading a form, calling the desk as the reader, the verdict row by row. Does not: the page (returned), taking
rows (pipelines.desk).

The name is what she types: there is no log-in yet, and the decision is signed with it. What is told stays in the session until
the next form, as tickets and words: never a cell.
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboards.kit.access import Reader
from dashboards.kit.markup import EMPTY, Column, Html, chip, join, table, tag
from dashboards.kit.page import Board
from dashboards.kit.words import NOTHING, Words
from pipelines import desk
from pipelines.core.errors import CityError, ConfigurationError, FileHeld, StorageFailed, UsageError
from pipelines.core.settings import speaking

Form = dict[str, Any]
#: A workbook of a bureau's rows has kilobytes; one of this size is not ours.
LARGEST_BYTES = 16 << 20
#: A reader waits this long for another writer, then is told to come back.
WAIT_SECONDS = 2.0
#: As rule words quote what is the bureau's.
_QUOTED = re.compile(r'(「[^」]*」|"[^"]*")')
_SESSION = "returned"
#: Verdicts that ask for nothing more; of rows that nobody changed there is one line for all. A sign stands beside each colour.
GOOD, UNCHANGED = ("accepted", "closed"), "unchanged"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the last form: `key` of the words, values for them, lines of (ticket, outcome, what is still wrong)."""

    key: str
    values: dict[str, str]
    lines: tuple[tuple[str, str, desk.Words | None], ...] = ()
    is_good: bool = True


def scope_of(reader: Reader) -> desk.Scope:
    """Whose returned rows a reader may mend. A row that was set aside has no area yet: a scope of areas alone has none."""
    is_bounded = reader.role == "clerk" or bool(reader.areas or reader.departments or reader.feeds)
    return desk.Scope(reader.feeds, reader.departments, is_all=not is_bounded)


@dataclass(slots=True)
class Session:
    """What a session knows of its forms: how many were sent, who sent the last one, what became of it.

    A form's deed holds it from when the form was drawn: no call of Streamlit's between its beginning and its end, each of which
    could end the run with the deed done and nothing told.
    """

    turn: int = 0
    by: str = ""
    told: Told | None = None


def _session() -> Session:
    found: Session = st.session_state.setdefault(_SESSION, Session())
    return found


def turn() -> str:
    """Counts the forms of this session: a page after a form is another page."""
    return str(_session().turn)


def name_used() -> str:
    """The name that was typed last."""
    return _session().by


def problem(words: Words, error: CityError) -> str:
    """What went wrong, in the reader's language, in one sentence with what to do; the log has all of it."""
    logging.getLogger("citybrain.boards").warning("returned rows: %s", error)
    for kind, key in ((desk.DeskBusy, "busy"), (desk.DeskLocked, "locked"), (StorageFailed, "disk")):
        if isinstance(error, kind):
            return words(f"returned.{key}")
    is_told = isinstance(error, UsageError | ConfigurationError | FileHeld)
    if is_told and (words.language == "en" or re.search(r"[\u4e00-\u9fff]", error.what)):
        return words("returned.refused", what=error.what, remedy=error.remedy or words("returned.ask"))
    return words("returned.failed")


# --- the forms ----------------------------------------------------------------------------------------------------------


def bringing_back(board: Board) -> Callable[[Form], None]:
    """What is done with a form that brings a workbook."""
    session = _session()

    def act(form: Form) -> None:
        by, file = _by(session, form), form.get("file") or {}
        if not by:
            return _tell(session, Told("returned.need_name", {}, is_good=False))
        if not file.get("name"):
            return _tell(session, Told("returned.need_file", {}, is_good=False))
        if int(file.get("size") or 0) > LARGEST_BYTES or not file.get("data"):
            return _tell(session, Told("returned.too_large", {"most": str(LARGEST_BYTES >> 20)}, is_good=False))
        return _do(session, board, lambda place: _take(board, place, by, file))

    return act


def _take(board: Board, place: desk.Installation, by: str, file: Form) -> Told:
    try:
        data = base64.b64decode(str(file["data"]), validate=True)
    except binascii.Error as error:
        raise UsageError(board.words("returned.not_whole"), where="upload") from error
    name = re.split(r"[/\\]", str(file["name"]))[-1]
    scope = scope_of(board.source.reader)
    brought = desk.bring_back(place, scope, data, by=by, name=name, now=place.now(), wait_seconds=WAIT_SECONDS)
    lines = tuple((verdict.ticket, verdict.outcome, still) for verdict, still in brought.verdicts)
    counted = {"n": str(len(lines)), "taken": str(brought.taken_n)}
    if not lines:
        return Told("returned.no_rows", {}, is_good=False)
    return Told("returned.brought", counted, lines, is_good=brought.taken_n == len(lines))


def accepting(board: Board, row: desk.Entry | None) -> Callable[[Form], None]:
    """What is done with a form that says that a row is right."""
    session = _session()

    def act(form: Form) -> None:
        by, reason = _by(session, form), str(form.get("reason") or "").strip()
        if row is None or not by or not reason:
            return _tell(session, Told("returned.need_reason", {}, is_good=False))
        return _do(session, board, lambda place: _accept(board, place, row.ticket, by, reason))

    return act


def _accept(board: Board, place: desk.Installation, ticket: str, by: str, reason: str) -> Told:
    scope = scope_of(board.source.reader)
    desk.accept(place, scope, [ticket], by=by, reason=reason, now=place.now(), wait_seconds=WAIT_SECONDS)
    return Told("returned.accepted", {"ticket": ticket, "by": by})


def _by(session: Session, form: Form) -> str:
    session.by = str(form.get("by") or "").strip()
    return session.by


def _do(session: Session, board: Board, work: Callable[[desk.Installation], Told]) -> None:
    """Do it in the reader's language and tell what became of it, whatever becomes of it."""
    with speaking(board.view.language):
        try:
            with desk.opened(board.source.home_root) as place:
                found = work(place)
        except CityError as error:
            found = Told("returned.said", {"what": problem(board.words, error)}, is_good=False)
        except Exception:  # the edge: a form must never end in Streamlit's own English box
            logging.getLogger("citybrain.boards").exception("a form failed")
            found = Told("returned.failed", {}, is_good=False)
    _tell(session, found)


def _tell(session: Session, found: Told) -> None:
    session.told, session.turn = found, session.turn + 1


# --- what is told -------------------------------------------------------------------------------------------------------


def told(board: Board) -> Html:
    """What became of the last form; nothing before the first."""
    words, found = board.words, _session().told
    if found is None:
        return EMPTY
    said = tag("p", tag("b", words(found.key, **found.values)), role="status")
    more, idle = EMPTY, sum(outcome == UNCHANGED for _, outcome, _ in found.lines)
    lines = sorted((line for line in found.lines if line[1] != UNCHANGED), key=lambda line: line[1] in GOOD)
    if lines:
        columns = [
            Column(words(f"column.{title}"), is_wide=title == "still_wrong") for title in ("ticket", "verdict", "still_wrong")
        ]
        more = table(columns, [_verdict(board, *line) for line in lines])
    if idle:
        more += tag("p", words("returned.unchanged", n=words.number(idle)), kind="muted")
    if found.key == "returned.accepted" or any(outcome == "accepted" for _, outcome, _ in found.lines):
        more += tag("p", words("returned.next_run"), kind="muted small")
    return tag("div", said, more, kind="notice good told" if found.is_good else "notice told")


def sentence(text: str) -> Html:
    """What is wrong with a row, in which a bureau's own words (its headers, in quotes) are told as theirs."""
    parts = _QUOTED.split(text)
    return join([tag("span", part, kind="data") if _QUOTED.fullmatch(part) else part for part in parts])


def _verdict(board: Board, ticket: str, outcome: str, still: desk.Words | None) -> list[object]:
    tone, sign = ("better", "✓") if outcome in GOOD else ("alert", "✗")
    said = sentence(getattr(still, board.view.language)) if still else NOTHING
    return [tag("code", ticket, kind="nowrap"), chip(f"{sign} {board.words(f'outcome.{outcome}')}", tone), said]
