"""The past: a home that knows what this one knew at the end of a past moment, made of what this one still holds.

Belongs here: choosing the files, readings and decisions that were there, and putting them into a home of its own. Does not:
building it (build, publish). Nothing is read anew and no key is needed: landing never expires, the vault stays behind, and
the new home gets a key of its own unless the environment has one. Rules are today's - register, reference tables, models -;
of a file read several times the reading of that time counts, if its rows were read by then. What a file was called and
whether it was held is told by core.file_history; of a ledger of before it is as now.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from pipelines.core import decided, file_history, tickets, vault_keys
from pipelines.core.errors import UsageError
from pipelines.core.settings import Home, load_settings, pick
from pipelines.core.state import Ledger

#: Of several readings of a file the last that there was by then.
READING = """
select feed, sha256, parser, landing_path from (
    select *, row_number() over (partition by feed, sha256 order by loaded_at desc, is_current desc, parser) as nth
    from parse where loaded_at <= ?) where nth = 1
"""


@dataclass(frozen=True, slots=True)
class Past:
    """What the past home holds: files that count, files that did not (held, superseded, retracted), decisions."""

    home: Home
    files: int
    others: int
    decisions: int


def make(home: Home, to: Path, known_by: dt.datetime) -> Past:
    """Make the home `to` out of what `home` had received, read and decided by `known_by`.

    Raises UsageError if `to` is there already, or if nothing had been received by then.
    """
    if to.exists() and any(to.iterdir()):
        raise UsageError(
            pick("the folder is not empty", "目录不为空"),
            where=str(to),
            remedy=pick("name a new one with --to", "请用 --to 指定新目录"),
        )
    until = known_by.isoformat(timespec="seconds")
    past = Home(to).make()
    if not load_settings().master_key:
        vault_keys.own_key(past)
    for name in ("ledger.db", "state.db"):
        _copy(home.state / name, past.state / name)
    decisions = _forget_decisions(past.state / "state.db", until)
    Ledger.of(past).close()  # one of before gets the tables that it lacks
    closing = _forget_files(past.state / "ledger.db", until)
    ledger = Ledger.of(past)
    try:
        _settle(past, ledger, closing)
        counting = ledger.current_parses()
        every = len(ledger.rows("select sha256 from file"))
        for parse in ledger.rows("select landing_path from parse where is_current = 1"):
            _link(home.root / parse["landing_path"], past.root / parse["landing_path"])
    finally:
        ledger.close()
    if not every:
        shutil.rmtree(to)
        raise UsageError(
            pick(f"nothing had been received by {until}", f"截至 {until} 尚未收到任何文件"), where="--known-by",
            remedy=pick("citybrain status lists what came when", "citybrain status 列出到达时间"),
        )  # fmt: skip
    return Past(past, len(counting), every - len(counting), decisions)


def _copy(source: Path, target: Path) -> None:
    """A database as it is at one moment, whoever writes to it meanwhile."""
    if not source.exists():
        return
    with contextlib.closing(sqlite3.connect(source)) as one, contextlib.closing(sqlite3.connect(target)) as other:
        one.backup(other)


def _forget_decisions(state: Path, until: str) -> int:
    if not state.exists():
        return 0
    with contextlib.closing(sqlite3.connect(state)) as database, database:
        database.execute("delete from decision where decided_at > ?", [until])
        return int(database.execute("select count(*) from decision").fetchone()[0])


def _forget_files(path: Path, until: str) -> list[tuple[str, str, str]]:
    """Take out of the ledger what came later, and let of each file the reading of that time be current.

    Returns tickets that a file closed at some time, with that file.
    """
    with contextlib.closing(sqlite3.connect(path)) as ledger, ledger:
        ledger.row_factory = sqlite3.Row
        tables = [name for (name,) in ledger.execute("select name from sqlite_master where type = 'table'")]
        ledger.execute("delete from receipt where at > ?", [until])
        ledger.execute("delete from file where received_at > ?", [until])
        for table in tables:
            columns = {row[1] for row in ledger.execute(f"pragma table_info({table})")}
            if {"feed", "sha256"} <= columns and table != "file":
                ledger.execute(f"delete from {table} where (feed, sha256) not in (select feed, sha256 from file)")
        readings = [tuple(row) for row in ledger.execute(READING, [until])]
        ledger.execute("update parse set is_current = 0")
        ledger.executemany(
            "update parse set is_current = 1 where feed = ? and sha256 = ? and parser = ?", [row[:3] for row in readings]
        )
        ledger.execute("delete from build")
        ledger.execute("delete from asked_at_source")
        ledger.execute("delete from score where seen_at > ?", [until.replace("T", " ")])
        ledger.execute("update file set status = 'held'")  # what was not read by then; the others in a moment
        ledger.executemany(
            "update file set status = case covers when '' then 'loaded' else 'superseded' end where feed = ? and sha256 = ?",
            [row[:2] for row in readings],
        )
        file_history.rewind(ledger, until)
        return tickets.rewind(ledger, until)


def _settle(past: Home, ledger: Ledger, closing: list[tuple[str, str, str]]) -> None:
    """Which of the files count: of those that cover the same the newest, none that was retracted; and what that closes."""
    with ledger.transaction():
        for one in ledger.rows("select distinct feed, covers from file where covers <> ''"):
            ledger.receipts.settle(one["feed"], one["covers"])
    decided.settle(past, ledger)
    counting = {(row["feed"], row["sha256"]) for row in ledger.rows("select feed, sha256 from file where status = 'loaded'")}
    ledger.close_at_source({ticket: sha256 for ticket, feed, sha256 in reversed(closing) if (feed, sha256) in counting})


def _link(source: Path, target: Path) -> None:
    """The same file in two homes, without room for two where the disk can."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
