"""Drift: the headers that files came with, and what changed in them; the ledger's statements on both.

Belongs here: the tables `header` and `drift`. Does not: finding changes and what they mean for a file (ingesting.drift).
A header is compared with that of the file which came before in the order of files (core.receipts), so that it does not depend
on arrival.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.core.receipts import COMING

Kind = Literal["added", "missing", "renamed", "retyped", "unread", "reordered", "cut"]

SCHEMA = """
create table if not exists header (feed text, sha256 text, columns text not null, primary key (feed, sha256));
create table if not exists drift (
    feed text, sha256 text, kind text, column_name text, header text, alike real not null, told text not null,
    primary key (feed, sha256, kind, column_name, header));
create index if not exists header_told on header (feed, columns, sha256);
"""


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables that an older ledger lacks."""
    db.executescript(SCHEMA)


@dataclass(frozen=True, slots=True)
class Change:
    """One change: of which canonical column, which header has to do with it, how much alike (0 to 1), and in words."""

    kind: Kind
    column: str
    header: str
    alike: float
    told: str


@dataclass(frozen=True, slots=True)
class Header:
    """A header as it came, and whether the last line of the file had its end (of a format without lines it has)."""

    columns: tuple[str, ...]
    is_ended: bool = True


NO_HEADER = Header(())
#: Headers of files that count, or did, and are older than one; and of those the newest.
SEQ = "(select max(seq) from receipt r where r.feed = {0} and r.sha256 = {1})"
OLDER = (
    "with mine as (select ? as feed, ? as sha256, coalesce(?, '') as at, coalesce("
    + SEQ.format("?", "?")
    + f", {COMING}) as seq) "
    "select {} from mine join file f on f.feed = mine.feed join header h on h.feed = f.feed and h.sha256 = f.sha256 "
    "where f.sha256 <> mine.sha256 and f.status in ('loaded', 'superseded') and coalesce(f.extracted_at, '') <= mine.at "
    "and (coalesce(f.extracted_at, '') < mine.at or " + SEQ.format("f.feed", "f.sha256") + " < mine.seq)"
)
NEWEST = " order by f.extracted_at desc, " + SEQ.format("f.feed", "f.sha256") + " desc limit 1"  # no extract time comes first


def _header(told: str) -> Header:
    columns, is_ended = json.loads(told)
    return Header(tuple(columns), is_ended)


class Drifts:
    """Headers and their changes in one ledger. Whoever writes does so within the ledger's transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Make the tables; the ledger's receipts are there."""
        self._db = db

    def enter(self, feed: str, sha256: str, header: Header, changes: Sequence[Change]) -> None:
        """The header of a file as it is read now, and what changed in it."""
        told = json.dumps([list(header.columns), header.is_ended], ensure_ascii=False)
        self._db.execute("insert or replace into header values (?, ?, ?)", [feed, sha256, told])
        self._db.execute("delete from drift where feed = ? and sha256 = ?", [feed, sha256])
        self._db.executemany(
            "insert or replace into drift values (?, ?, ?, ?, ?, ?, ?)",
            [(feed, sha256, one.kind, one.column, one.header, one.alike, one.told) for one in changes],
        )

    def before(self, feed: str, sha256: str, extracted_at: str | None) -> tuple[str, Header] | None:
        """The newest loaded file that is older than this one: its sha256 and header; None if there is none.

        Older as files are ordered (core.receipts): by extract time, then by receipt; one that nobody knows yet comes last.
        """
        found = self._db.execute(OLDER.format("h.sha256, h.columns") + NEWEST, [feed, sha256, extracted_at, feed, sha256])
        row = found.fetchone()
        return None if row is None else (str(row[0]), _header(row[1]))

    def readable(self, feed: str, sha256: str) -> dict[str, float]:
        """Of columns that are no text: the share of a file's values that could be read as their type."""
        found = self._db.execute(
            "select r.column_name, r.evaluated_n, r.failed_n from rule_outcome r join parse p using (feed, sha256, parser) "
            "where p.is_current = 1 and r.feed = ? and r.sha256 = ? and r.rule_id = r.column_name || '-type'",
            [feed, sha256],
        )
        return {str(name): 1 - failed / evaluated for name, evaluated, failed in found if evaluated}

    def ever(self, feed: str, sha256: str, extracted_at: str | None) -> list[str] | None:
        """Every header that loaded files older than this one came with; None if there is none."""
        found = self._db.execute(OLDER.format("distinct h.columns"), [feed, sha256, extracted_at, feed, sha256]).fetchall()
        return list(dict.fromkeys(text for row in found for text in _header(row[0]).columns)) if found else None

    def standing(self, feed: str) -> list[tuple[str, str]]:
        """Changes of files that count, the newest first, each column once: name of the file and the words."""
        found = self._db.execute(
            "select f.name, d.told, d.column_name, d.header from drift d join file f using (feed, sha256) "
            "where d.feed = ? and f.status in ('loaded', 'superseded') and d.told <> '' "
            "order by coalesce(f.extracted_at, f.received_at) desc, d.kind, d.column_name",
            [feed],
        ).fetchall()
        newest: dict[str, tuple[str, str]] = {}
        for name, told, column, header in found:
            newest.setdefault(column or header, (name, told))
        return list(newest.values())
