"""Receipts: when each file came, and which of several files that cover the same counts.

Belongs here: the ledger's table `receipt` and the one order of files. Does not: what a file is (state), what became of its
rows (tickets). The newer file is that with the later extract time; without one, or with the same, that which came later. The
same bytes sent again are a receipt of their own: a bureau that sends A, then B, then A again means A. Under a name that
tells a later extract time they are that export; a file that was only renamed keeps its time of writing and is not sent again.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from pipelines.core import tickets

SCHEMA = """
create table if not exists receipt (
    seq integer primary key autoincrement, feed text not null, sha256 text not null, at text not null,
    mtime_ns integer not null default 0, extracted_at text not null default '');
create index if not exists receipt_of on receipt (feed, sha256);
"""
#: A file that the ledger does not know yet comes after all that it knows.
COMING = 1 << 62


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a file would replace: another file, or the parse of the same bytes by an earlier parser."""

    name: str
    accepted_n: int
    is_same_file: bool


def prepare(db: sqlite3.Connection) -> None:
    """Make the table; files of an older ledger came in the order of their time of receipt."""
    db.executescript(SCHEMA)
    db.execute(
        "insert into receipt (feed, sha256, at) select feed, sha256, received_at from file f where not exists "
        "(select 1 from receipt r where r.feed = f.feed and r.sha256 = f.sha256) order by received_at, sha256"
    )


def age(one: dict[str, Any]) -> tuple[str, int]:
    """What files are ordered by, the newest last: extract time, then receipt."""
    return one["at"], one["seq"] or 0


class Receipts:
    """The receipts of one ledger. Whoever writes does so within the ledger's transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def _last(self, what: str, feed: str, sha256: str) -> Any:
        return self._db.execute(f"select max({what}) from receipt where feed = ? and sha256 = ?", [feed, sha256]).fetchone()[0]

    def enter(self, feed: str, sha256: str, at: str) -> None:
        """A file that is entered for the first time was received; entering it again (read anew, released) is no receipt."""
        if self._last("seq", feed, sha256) is None:
            self._db.execute("insert into receipt (feed, sha256, at) values (?, ?, ?)", [feed, sha256, at])

    def came_again(self, feed: str, sha256: str, mtime_ns: int) -> bool:
        """Whether a file of known bytes was written anew since it was last seen, so that somebody sent it again.

        Bytes that were entered and never seen were not: the run was killed between the two.
        """
        last = self._db.execute(
            "select max(mtime_ns) from (select mtime_ns from sighting where feed = ? and sha256 = ? "
            "union all select mtime_ns from receipt where feed = ? and sha256 = ? and mtime_ns > 0)",
            [feed, sha256, feed, sha256],
        ).fetchone()[0]
        return last is not None and mtime_ns > last

    def again(self, feed: str, sha256: str, *, at: str, mtime_ns: int, dated: str = "") -> None:
        """Known bytes were sent again: from now on they are what came last.

        dated: the extract time for which their rows are to be read anew, if they are.
        """
        self._db.execute(
            "insert into receipt (feed, sha256, at, mtime_ns, extracted_at) values (?, ?, ?, ?, ?)",
            [feed, sha256, at, mtime_ns, dated],
        )

    def dated(self, feed: str, sha256: str) -> str:
        """The extract time that a later name gave the rows of a file; empty if they have that of their first name."""
        return self._last("extracted_at", feed, sha256) or ""

    def covering(self, feed: str, covers: str) -> list[dict[str, Any]]:
        """Files that cover the same and have rows, the newest first: sha256, name, status, accepted_n, at, seq."""
        found = self._db.execute(
            "select f.sha256, f.name, f.status, p.accepted_n, coalesce(f.extracted_at, '') as at, "
            "(select max(seq) from receipt r where r.feed = f.feed and r.sha256 = f.sha256) as seq "
            "from file f left join parse p on p.feed = f.feed and p.sha256 = f.sha256 and p.is_current = 1 "
            "where f.feed = ? and f.covers = ? and f.status in ('loaded', 'superseded')",
            [feed, covers],
        )
        return sorted(map(dict, found), key=age, reverse=True)

    def older(self, feed: str, sha256: str, covers: str, extracted_at: str | None, *, is_coming: bool = False) -> Replaced | None:
        """The newest file that covers the same, counts, and is older than this one (`is_coming`: as if it came just now)."""
        seq = self._last("seq", feed, sha256)
        mine = extracted_at or "", COMING if is_coming or seq is None else int(seq)
        for one in self.covering(feed, covers):
            if one["status"] == "loaded" and one["sha256"] != sha256 and age(one) < mine:
                return Replaced(one["name"], one["accepted_n"] or 0, is_same_file=False)
        return None

    def settle(self, feed: str, covers: str) -> None:
        """Of the files that cover the same the newest counts, the others are superseded; so are their tickets."""
        found = self.covering(feed, covers)
        for position, one in enumerate(found):
            status = "loaded" if position == 0 else "superseded"
            if status != one["status"]:
                self._db.execute("update file set status = ? where feed = ? and sha256 = ?", [status, feed, one["sha256"]])
        if found:
            tickets.settle_superseded(self._db, feed, covers, found[0]["sha256"])
