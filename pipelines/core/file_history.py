"""File history: what the ledger said of each file, and since when; so that it can be told what was known at a past moment.

Belongs here: the table `file_was`, what enters it, what it was at a moment. Does not: the ledger's own row of a file (state),
when files came (receipts), making a home of the past (past). A ledger of before knows nothing of it: then there is no line.
"""

from __future__ import annotations

import sqlite3
from typing import Any

SCHEMA = """
create table if not exists file_was (
    seq integer primary key autoincrement, feed text not null, sha256 text not null, at text not null, name text not null,
    extracted_at text, covers text not null, status text not null, held_what text not null, held_where text not null,
    held_remedy text not null, parser text not null);
create index if not exists file_was_of on file_was (feed, sha256);
"""
TOLD = "name, extracted_at, covers, status, held_what, held_where, held_remedy"
#: What the ledger says of one file now, with the parser of the reading that counts.
NOW = f"""
select {TOLD}, coalesce((select parser from parse p where p.feed = f.feed and p.sha256 = f.sha256 and p.is_current = 1), '')
from file f where f.feed = ? and f.sha256 = ?
"""
LAST = f"select {TOLD}, parser from file_was where feed = ? and sha256 = ? order by seq desc limit 1"
#: Of each file the last line of a past moment.
AS_OF = """
select * from (select *, row_number() over (partition by feed, sha256 order by seq desc) as nth from file_was where at <= ?)
where nth = 1
"""


def prepare(db: sqlite3.Connection) -> None:
    """Make the table that an older ledger lacks."""
    db.executescript(SCHEMA)


def note(db: sqlite3.Connection, feed: str, sha256: str, at: str) -> None:
    """Keep what the ledger says of a file from `at` on, if that is news. Within the caller's transaction."""
    told = tuple(db.execute(NOW, [feed, sha256]).fetchone())
    last = db.execute(LAST, [feed, sha256]).fetchone()
    if last is None or tuple(last) != told:
        marks = ", ".join("?" for _ in (feed, sha256, at, *told))
        db.execute(f"insert into file_was (feed, sha256, at, {TOLD}, parser) values ({marks})", [feed, sha256, at, *told])


def rewind(db: sqlite3.Connection, until: str) -> None:
    """Let files that have a line of that time, and their readings, be as they were. Which of them counts is not settled yet."""
    lines: list[Any] = db.execute(AS_OF, [until]).fetchall()
    for line in lines:
        key = [line["feed"], line["sha256"]]
        is_read = line["parser"] and line["status"] != "held"
        status = ("superseded" if line["covers"] else "loaded") if is_read else line["status"]
        told = [line[name] for name in TOLD.split(", ") if name != "status"]
        db.execute(
            "update file set name = ?, extracted_at = ?, covers = ?, held_what = ?, held_where = ?, held_remedy = ?, status = ? "
            "where feed = ? and sha256 = ?", [*told, status, *key],
        )  # fmt: skip
        db.execute("update parse set is_current = parser = ? where feed = ? and sha256 = ?", [line["parser"], *key])
    db.execute("delete from file_was where at > ?", [until])
