"""The clerk's desk: what a bureau does with the rows that came back to it - see them, take them along, bring them back.

Belongs here: who may see which feed's rows, opening a home for it, one writer at a time; the command and the board both call
this. Does not: what is on the list (reports.worklist), the workbook (reports.worklist_xlsx), taking rows (replay), words of
the page (dashboards) or of the command (cli).

What is decided is entered in `state.db`, what comes up rests in the vault; the rest follows from both.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines import replay
from pipelines.core import decided
from pipelines.core.bindings import Binding
from pipelines.core.decided import Signed
from pipelines.core.errors import HomeError, UsageError, VaultError
from pipelines.core.installation import Installation, existing_home, open_installation
from pipelines.core.settings import pick
from pipelines.core.warehouse import WAIT_SECONDS, writer_lock
from pipelines.replay import Verdict
from pipelines.reports import worklist, worklist_xlsx
from pipelines.reports.rule_words import Words
from pipelines.reports.worklist import Entry

__all__ = [
    "Binding", "Brought", "DeskBusy", "DeskLocked", "Entry", "Installation", "Scope", "Verdict", "Words", "accept",
    "bring_back", "entries", "opened", "waiting", "workbook", "workbook_name",
]  # fmt: skip

NO_NAME = re.compile(r"[^\w-]")
#: The lock of the kernel is one of processes; boards serve many readers in one.
_ONE_AT_A_TIME = threading.Lock()


class DeskBusy(HomeError):
    """Another process, or another reader, is writing in this home; nothing was taken."""


class DeskLocked(VaultError):
    """This process has not the key that opens the home, or a wrong one; or what is needed was shredded."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows: of these feeds, and of the feeds of these bureaus; of all where `is_all`."""

    feeds: tuple[str, ...] = ()
    bureaus: tuple[str, ...] = ()
    is_all: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no feed can lie within it."""
        return not (self.is_all or self.feeds or self.bureaus)

    def holds(self, binding: Binding) -> bool:
        """Whether a feed lies within it."""
        return self.is_all or binding.feed in self.feeds or binding.bureau in self.bureaus

    def check(self, binding: Binding) -> None:
        """Raises UsageError for a feed outside."""
        if not self.holds(binding):
            raise UsageError(
                pick("the feed is not within your scope", "该数据源不在您的范围内"), where=binding.feed,
                remedy=pick("boards: scope: feeds in city.yml", "见 city.yml 的 boards: scope: feeds"),
            )  # fmt: skip


EVERYTHING = Scope(is_all=True)


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of a workbook: its feed, and the verdict on each row with what is still wrong in words."""

    feed: str
    verdicts: tuple[tuple[Verdict, Words | None], ...]

    @property
    def taken_n(self) -> int:
        """Rows that were accepted."""
        return sum(verdict.outcome == "accepted" for verdict, _ in self.verdicts)


@contextlib.contextmanager
def opened(home: Path | None) -> Iterator[Installation]:
    """A home that was run, opened with its keys.

    Raises UsageError if it was never run, DeskLocked where its key is missing or wrong.
    """
    found = existing_home(home).root
    try:
        place = open_installation(home=found)
    except HomeError as error:
        raise DeskLocked(error.what, where=error.where, remedy=error.remedy) from error
    try:
        place.vault.keys.check()
        yield place
    except VaultError as error:
        raise DeskLocked(error.what, where=error.where, remedy=error.remedy) from error
    finally:
        place.ledger.close()


@contextlib.contextmanager
def writing(place: Installation, *, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the writer's lock of a home. Raises DeskBusy once `wait_seconds` have passed."""
    if not _ONE_AT_A_TIME.acquire(timeout=wait_seconds):
        raise DeskBusy(pick("another reader's rows are being taken", "正在接收另一位经办人的行"), where=str(place.home.root),
                       remedy=pick("try again in a moment", "请稍后重试"))  # fmt: skip
    try:
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(writer_lock(place.home.warehouse, wait_seconds=wait_seconds))
            except HomeError as error:
                raise DeskBusy(error.what, where=error.where, remedy=error.remedy) from error
            decided.settle(place.home, place.ledger)
            yield
    finally:
        _ONE_AT_A_TIME.release()


def waiting(place: Installation, scope: Scope) -> list[tuple[Binding, int]]:
    """The feeds within scope, each with how many rows wait; most first."""
    counted = place.ledger.rows(
        "select feed, count(distinct coalesce(nullif(event_id, ''), ticket)) as n from quarantine "
        "where status = 'open' group by feed"
    )
    n_of = {row["feed"]: int(row["n"]) for row in counted}
    own = [(binding, n_of.get(binding.feed, 0)) for binding in place.city.feeds if scope.holds(binding)]
    return sorted(own, key=lambda pair: (-pair[1], pair[0].feed))


def entries(
    place: Installation, scope: Scope = EVERYTHING, *, now: dt.datetime, bureau: str = "", feed: str = "", rule: str = ""
) -> list[Entry]:  # fmt: skip
    """The rows within scope that wait, the longest waiting first."""
    if feed:
        scope.check(place.city.feed(feed))
    found = worklist.entries(place, now=now, bureau=bureau, feed=feed, rule=rule)
    return [entry for entry in found if scope.holds(place.city.feed(entry.feed))]


def workbook_name(bureau: str, feed: str) -> str:
    """What the workbook of a bureau's feed is called."""
    return f"{NO_NAME.sub('_', bureau)}-{feed}.xlsx"


def workbook(rows: list[Entry]) -> bytes:
    """The workbook of one feed's rows: what `citybrain quarantine export` writes."""
    return worklist_xlsx.as_bytes(rows)


def bring_back(
    place: Installation, scope: Scope, data: bytes, *, by: str, name: str, now: dt.datetime, wait_seconds: float = WAIT_SECONDS
) -> Brought:  # fmt: skip
    """Take a mended workbook: the verdict on each of its rows.

    Raises UsageError for what is no workbook of ours, one of a feed outside the scope, or without a name; FileHeld for one beyond
    the limits of archives; DeskBusy; VaultError where what is needed cannot be read.
    """
    replay.check_workbook(data, place, name=name)
    feed, rows = worklist_xlsx.read_back(data, name=name)
    binding = place.city.feed(feed)
    scope.check(binding)
    with writing(place, wait_seconds=wait_seconds):
        verdicts = replay.replay(place, feed, data, rows, by=by, name=name, now=now)
    headers = worklist.headers(place, binding, (one.ticket for one in verdicts if one.rule_ids))
    told = [
        (one, worklist.told(binding, one.rule_ids, headers=headers.get(one.ticket)) if one.rule_ids else None) for one in verdicts
    ]
    return Brought(feed, tuple(told))


def accept(
    place: Installation, scope: Scope, tickets: Iterable[str], *, by: str, reason: str, now: dt.datetime, undo: bool = False,
    wait_seconds: float = WAIT_SECONDS,
) -> None:  # fmt: skip
    """Take rows as they are ("the row is right"), or take that back. Raises as `replay.accept` does, and DeskBusy."""
    tickets = list(tickets)
    for ticket in tickets:
        for found in place.ledger.rows("select feed from quarantine where ticket = ?", ticket):
            scope.check(place.city.feed(found["feed"]))
    with writing(place, wait_seconds=wait_seconds):
        replay.accept(place, tickets, Signed(by, reason, now), undo=undo)
