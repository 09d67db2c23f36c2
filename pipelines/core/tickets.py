"""Tickets: the ledger's statements on rows that were set aside, what was done about them, and what became of each.

Belongs here: the tables `quarantine`, `ticket_event`, `amendment` and every change of a ticket's status, each with its line
of history. Does not: what a row holds (the vault), words for people (reports), who decides (decisions).

A ticket is `open`; or `mended` (cells laid over the row), `accepted` ("the row is right"), `mended_at_source` (a later file
brings its key in good order), `replaced_at_source` (what its file covers came anew), `replaced` (today's rules take the
row), `retracted` (its file was taken back). Every function runs within the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any

SCHEMA = """
create table if not exists quarantine (
    ticket text primary key, feed text not null, sha256 text not null, parser text not null, record_no integer not null,
    rule_ids text not null, opened_at text not null, status text not null, event_id text not null default '',
    closed_by text not null default '');
create index if not exists quarantine_of on quarantine (feed, sha256);
create index if not exists quarantine_waiting on quarantine (feed, status);
create table if not exists ticket_event (
    ticket text not null, at text not null, what text not null, who text not null default '', note text not null default '');
create index if not exists ticket_event_of on ticket_event (ticket);
create table if not exists amendment (
    seq integer not null, feed text not null, sha256 text not null, record_no integer not null, kind text not null,
    detail text not null, primary key (feed, sha256, record_no, kind, seq));
create table if not exists asked_at_source (feed text, id text, at text, primary key (feed, id, at));
"""
ADDED = ("event_id", "closed_by")
#: Closed by what the bureau sent: a new reading of the old file does not open them again.
AT_SOURCE = ("mended_at_source", "replaced_at_source")
#: Of a file's hash in a ticket's name: as many as no two files of a feed share. Ledgers of before have tickets with eight.
DIGITS = 16
NOW = "strftime('%Y-%m-%dT%H:%M:%S', 'now', 'localtime')"


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a person decided about one record: `mend` (detail: where the vault keeps its cells) or `accept` (detail: rules)."""

    seq: int
    feed: str
    sha256: str
    record_no: int
    kind: str
    detail: str


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables; an older ledger gets the columns that it lacks."""
    db.executescript(SCHEMA)
    there = {row[1] for row in db.execute("pragma table_info(quarantine)")}
    for column in ADDED:
        if column not in there:
            db.execute(f"alter table quarantine add column {column} text not null default ''")


def _turn(db: sqlite3.Connection, to: str, where: str, *values: Any, note: str = "", at: str = "") -> None:
    """Give every ticket that `where` finds the status `to`, each with its line of history (`at`: of the run, else of now)."""
    db.execute(
        f"insert into ticket_event select ticket, iif(? <> '', ?, {NOW}), ?, '', ? from quarantine where {where}",
        [at, at, to if to != "open" else "reopened", note, *values],
    )
    db.execute(f"update quarantine set status = ?, closed_by = ? where {where}", [to, note if to in AT_SOURCE else "", *values])


def enter(
    db: sqlite3.Connection, feed: str, sha256: str, parser: str, at: str, quarantined: Iterable[tuple[int, str]],
    ids: Mapping[int, str],
) -> None:  # fmt: skip
    """The tickets of one parse: those still set aside stay or open, the others close by what was done about them."""
    known = dict(db.execute("select record_no, ticket from quarantine where feed = ? and sha256 = ?", [feed, sha256]).fetchall())
    rows = [
        (known.get(n, f"{feed}-{sha256[:DIGITS]}-{n}"), feed, sha256, parser, n, rules, at, ids.get(n, ""))
        for n, rules in quarantined
    ]
    db.executemany(
        "insert into ticket_event "
        "select t, a, iif(exists (select 1 from quarantine q where q.ticket = t), 'reopened', 'opened'), '', r "
        "from (select ? as t, ? as a, ? as r) where not exists (select 1 from quarantine q where q.ticket = t "
        "and q.status in ('open', 'mended_at_source', 'replaced_at_source'))",
        [(row[0], at, row[5]) for row in rows],
    )
    db.executemany(
        "insert into quarantine (ticket, feed, sha256, parser, record_no, rule_ids, opened_at, status, event_id) "
        "values (?, ?, ?, ?, ?, ?, ?, 'open', ?) on conflict (ticket) do update set parser = excluded.parser, "
        "rule_ids = excluded.rule_ids, event_id = excluded.event_id, "
        "status = iif(status in ('mended_at_source', 'replaced_at_source'), status, 'open')",
        rows,
    )
    gone = "feed = ? and sha256 = ? and parser <> ? and status = 'open'"
    amended = "{} and exists (select 1 from amendment a where a.feed = quarantine.feed and a.sha256 = quarantine.sha256 "
    amended += "and a.record_no = quarantine.record_no and a.kind = '{}')"
    for status, where in (
        ("accepted", amended.format(gone, "accept")),
        ("mended", amended.format(gone, "mend")),
        ("replaced", gone),
    ):
        _turn(db, status, where, feed, sha256, parser, at=at)


def take_back(db: sqlite3.Connection, feed: str, sha256: str) -> None:
    """A file was retracted: its tickets ask nothing of anybody, and what it had mended is open again where its own file counts.

    Of a file whose place another took it opens when that file counts again.
    """
    waits = "status in ('open', 'mended_at_source', 'replaced_at_source')"
    _turn(db, "retracted", f"{waits} and feed = ? and sha256 = ?", feed, sha256)
    mended = "status = 'mended_at_source' and feed = ? and closed_by = ?"
    counts = "(quarantine.feed, quarantine.sha256) in (select f.feed, f.sha256 from file f where f.status = 'loaded')"
    _turn(db, "open", f"{mended} and {counts}", feed, sha256)
    _turn(db, "replaced_at_source", mended, feed, sha256)


def give_back(db: sqlite3.Connection, feed: str, sha256: str) -> None:
    """Undo the retraction of a file."""
    _turn(db, "open", "status = 'retracted' and feed = ? and sha256 = ?", feed, sha256)


def settle_superseded(db: sqlite3.Connection, feed: str, covers: str, newest: str) -> None:
    """Tickets of files whose place a newer file took ask nothing; those of the file that counts (again) do."""
    of = "feed = ? and sha256 in (select f.sha256 from file f where f.feed = quarantine.feed and f.covers = ? and f.status = ?)"
    _turn(db, "replaced_at_source", f"status = 'open' and {of}", feed, covers, "superseded", note=newest)
    _turn(db, "open", f"status = 'replaced_at_source' and {of}", feed, covers, "loaded")


def asked_at_source(db: sqlite3.Connection, feed: str) -> set[tuple[str, str]]:
    """Which tickets were asked for in which landing files, each (ticket or path, its file's time)."""
    return {(row[0], row[1]) for row in db.execute("select id, at from asked_at_source where feed = ?", [feed])}


def close_at_source(db: sqlite3.Connection, closing: Mapping[str, str]) -> None:
    """Tickets whose key a later file brings in good order: ticket to that file's sha256."""
    for ticket, sha256 in sorted(closing.items()):
        _turn(db, "mended_at_source", "status = 'open' and ticket = ?", ticket, note=sha256)


def note_asked(db: sqlite3.Connection, feed: str, asked: set[tuple[str, str]]) -> None:
    """Make the table say what was asked by now."""
    known = asked_at_source(db, feed)
    db.executemany("delete from asked_at_source where feed = ? and id = ? and at = ?", [(feed, *one) for one in known - asked])
    db.executemany("insert into asked_at_source values (?, ?, ?)", [(feed, *one) for one in sorted(asked - known)])


def bounce(db: sqlite3.Connection, refused: Iterable[str], *, who: str, upload: str, at: str) -> None:
    """Mended rows were refused; the same upload counts once."""
    db.executemany(
        "insert into ticket_event select ?, ?, 'refused', ?, ? where not exists (select 1 from ticket_event "
        "where ticket = ? and what = 'refused' and note = ?)",
        [(ticket, at, who, upload, ticket, upload) for ticket in refused],
    )


def rewind(db: sqlite3.Connection, until: str) -> list[tuple[str, str, str]]:
    """Tickets as they were, but for what other files did to them: those wait again.

    Returns every ticket that a file ever closed, and that file (feed, sha256), for the caller to say which counts by then.
    """
    closed = "from ticket_event e join quarantine q using (ticket) where e.what = 'mended_at_source' order by e.rowid"
    closing = [(str(row[0]), str(row[1]), str(row[2])) for row in db.execute(f"select ticket, q.feed, e.note {closed}")]
    db.execute("delete from quarantine where opened_at > ?", [until])
    db.execute("delete from ticket_event where at > ? or ticket not in (select ticket from quarantine)", [until])
    last = (
        "select what from ticket_event e where e.ticket = quarantine.ticket and what not in ('refused', 'bounced') "
        "order by rowid desc limit 1"
    )
    db.execute(
        f"update quarantine set closed_by = '', status = coalesce((select iif(what in ('opened', 'reopened', 'retracted', "
        f"'mended_at_source'), 'open', what) from ({last})), 'open')"
    )
    read = "(select parser from parse p where p.feed = quarantine.feed and p.sha256 = quarantine.sha256 and p.is_current = 1)"
    db.execute(f"update quarantine set parser = coalesce({read}, parser) where status in ('open', 'replaced_at_source')")
    return closing


def amendments(db: sqlite3.Connection, feed: str = "", sha256: str = "") -> list[Amendment]:
    """What was decided about records of one file, or of all, in the order decided."""
    where, of = ("where feed = ? and sha256 = ?", [feed, sha256]) if feed else ("", [])
    found = db.execute(
        f"select seq, feed, sha256, record_no, kind, detail from amendment {where} order by seq, feed, sha256, record_no, kind",
        of,
    )
    return [Amendment(*row) for row in found]


def set_amendments(db: sqlite3.Connection, wanted: Iterable[Amendment]) -> None:
    """Make the table say what the decisions say."""
    db.execute("delete from amendment")
    db.executemany("insert into amendment values (?, ?, ?, ?, ?, ?)", [astuple(one) for one in wanted])
