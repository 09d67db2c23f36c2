"""Measured: what was counted beside the rules - marks that cleaning left on values, and scores kept over runs.

Belongs here: the ledger's tables `parse_mark` and `score`, and their statements. Does not: which mark is which dirt (the
seed `ref_dirt_mark`), how a score is worked out (`quality.scorecard`). What writes runs within the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, dataclass

SCHEMA = """
create table if not exists parse_mark (
    feed text, sha256 text, parser text, column_name text, mark text, found_n integer not null,
    primary key (feed, sha256, parser, column_name, mark));
create table if not exists score (
    feed text, month text, dimension text, seen_at text, num integer not null, den integer not null,
    gx_evaluated_n integer not null, gx_failed_n integer not null, gx_error_n integer not null,
    primary key (feed, month, dimension, seen_at));
"""


@dataclass(frozen=True, slots=True)
class MarkRow:
    """How many values of one column one parse rule read (or found odd), over all records of the parse, refused ones too."""

    feed: str
    sha256: str
    parser: str
    column_name: str
    mark: str
    found_n: int


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """The score of a feed's month in one dimension as a run saw it; `gx_*`: Great Expectations' own counts of the same rules."""

    feed: str
    month: str
    dimension: str
    seen_at: str
    num: int
    den: int
    gx_evaluated_n: int = 0
    gx_failed_n: int = 0
    gx_error_n: int = 0

    @property
    def counts(self) -> tuple[int, ...]:
        """What must differ from the last run's for the row to be news."""
        return self.num, self.den, self.gx_evaluated_n, self.gx_failed_n, self.gx_error_n


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables that an older ledger lacks."""
    db.executescript(SCHEMA)


def enter(db: sqlite3.Connection, marks: Iterable[MarkRow]) -> None:
    """Enter the marks of one parse."""
    db.executemany("insert or replace into parse_mark values (?, ?, ?, ?, ?, ?)", [astuple(row) for row in marks])


def add_scores(db: sqlite3.Connection, scores: Iterable[ScoreRow], *, seen_at: str = "") -> int:
    """Enter scores that are new or have moved since they were last seen; what stayed as it was leaves no row. Returns how many.

    seen_at: when `scores` were all that there were: what else stood until then ends with a row of zeros. A row with the same
    time replaces what was entered then.
    """
    scores = list(scores)
    last = {
        (feed, month, dimension): tuple(counts)
        for feed, month, dimension, _, *counts in db.execute("select * from score order by seen_at")
    }
    news = [row for row in scores if last.get((row.feed, row.month, row.dimension)) != row.counts]
    if seen_at:
        gone = last.keys() - {(row.feed, row.month, row.dimension) for row in scores}
        news += [ScoreRow(*key, seen_at, 0, 0) for key in sorted(gone) if any(last[key])]
    db.executemany("insert or replace into score values (?, ?, ?, ?, ?, ?, ?, ?, ?)", [astuple(row) for row in news])
    return len(news)
