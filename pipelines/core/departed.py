"""Departed: how many keys of a file a newer one that covers the same no longer brings.

Belongs here: the ledger's table `departed`, which pairs of files it speaks of, counting keys in landing. Does not: which file
counts (receipts), what becomes of rows without a file that counts (they are in no view of the warehouse).

Of the files that cover the same, each is compared with the one before it, in the order in which they count. A key that the
newer file brings in bad order is set aside and has not departed; a feed without keys has nothing to compare. Whether some
file that covers other things still has the key is not asked. The view `deleted_at_source` adds the rows that carry their
binding's delete flag, so that one figure tells both.
"""

from __future__ import annotations

import itertools
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.core.receipts import age

if TYPE_CHECKING:
    from pipelines.core.state import FileRow

SCHEMA = """
create table if not exists departed (
    feed text, sha256 text, parser text not null, before_sha256 text not null, before_parser text not null,
    deleted_at_source_n integer not null, primary key (feed, sha256));
create view if not exists deleted_at_source as
    select feed, sha256, sum(n) as deleted_at_source_n from (
        select feed, sha256, deleted_at_source_n as n from departed
        union all
        select m.feed, m.sha256, m.found_n from parse_mark m join parse p using (feed, sha256, parser)
        where m.mark = 'deleted_at_source' and p.is_current = 1)
    group by feed, sha256;
"""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A file that counts or did, and the one before it that covers the same, each as its current parse read it."""

    newer: dict[str, Any]
    older: dict[str, Any]

    @property
    def name(self) -> tuple[str, str, str, str]:
        return self.newer["sha256"], self.newer["parser"], self.older["sha256"], self.older["parser"]


def prepare(db: sqlite3.Connection) -> None:
    """Make the table and the view that an older ledger lacks."""
    db.executescript(SCHEMA)


class Departed:
    """The table of one ledger. Its writes are a transaction of their own."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of(self, feed: str, sha256: str) -> int:
        """How many keys of the file before it a file no longer brings, and how many of its own rows say: deleted."""
        found = self._db.execute(
            "select deleted_at_source_n from deleted_at_source where feed = ? and sha256 = ?", [feed, sha256]
        ).fetchone()
        return int(found[0]) if found else 0

    def entered(self, file: FileRow, root: Path, *, is_keyless: bool) -> int:
        """`of` a file that was entered just now. A kill before it: the next build counts."""
        if file.covers and not is_keyless:
            self.settle(file.feed, root, file.covers)
        return self.of(file.feed, file.sha256)

    def settle(self, feed: str, root: Path, covers: str = "") -> None:
        """Count what has changed since the last time: new files, other parses, files taken back. `root`: of the home.

        covers: only files that cover this; else all of the feed.
        """
        pairs = {pair.name: pair for pair in self._pairs(feed, covers)}
        stored = {tuple(row): None for row in self._db.execute(
            "select d.sha256, d.parser, d.before_sha256, d.before_parser from departed d join file f using (feed, sha256) "
            "where d.feed = ? and (? = '' or f.covers = ?)", [feed, covers, covers],
        )}  # fmt: skip
        counted = [(feed, *name, self._gone(feed, pair, root)) for name, pair in pairs.items() if name not in stored]
        over = [(feed, name[0]) for name in stored if name not in pairs]
        if not counted and not over:
            return
        self._db.execute("begin immediate")
        self._db.executemany("delete from departed where feed = ? and sha256 = ?", over)
        self._db.executemany("insert or replace into departed values (?, ?, ?, ?, ?, ?)", counted)
        self._db.execute("commit")

    def _pairs(self, feed: str, covers: str) -> list[_Pair]:
        names = ("sha256", "covers", "parser", "landing_path", "at", "seq")
        rows = self._db.execute(
            "select f.sha256, f.covers, p.parser, p.landing_path, coalesce(f.extracted_at, ''), "
            "(select max(seq) from receipt r where r.feed = f.feed and r.sha256 = f.sha256) "
            "from file f join parse p on p.feed = f.feed and p.sha256 = f.sha256 and p.is_current = 1 "
            "where f.feed = ? and f.covers <> '' and f.status in ('loaded', 'superseded') and (? = '' or f.covers = ?)",
            [feed, covers, covers],
        )
        files = sorted((dict(zip(names, row, strict=True)) for row in rows), key=lambda one: (one["covers"], age(one)))
        return [_Pair(newer, older) for older, newer in itertools.pairwise(files) if older["covers"] == newer["covers"]]

    def _gone(self, feed: str, pair: _Pair, root: Path) -> int:
        """Keys of the older file's landing that neither the newer one's landing has nor a row of it that was set aside."""
        refused = self._db.execute(
            "select distinct event_id from quarantine where feed = ? and sha256 = ? and parser = ? and event_id <> ''",
            [feed, pair.newer["sha256"], pair.newer["parser"]],
        )
        here = pl.LazyFrame({"_event_id": [row[0] for row in refused]}, schema={"_event_id": pl.String})
        before, after = (pl.scan_parquet(root / one["landing_path"]).select("_event_id") for one in (pair.older, pair.newer))
        left = before.unique().join(pl.concat([after, here]), on="_event_id", how="anti")
        return int(left.select(pl.len()).collect(engine="streaming").item())
