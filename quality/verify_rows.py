"""Rows, a part of `verify`: content of what was landed, bytes that the vault keeps, tickets of the work list.

Belongs here: recomputing, in plain Python, what ingest wrote. Does not: the funnel's sums (verify), what is published
(verify_published); any import of `pipelines`, on purpose.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb

from quality.invariant import Invariant, Scene, compare, unchecked
from quality.recount import Held, count_records
from quality.unseal import Unreadable, unsealed

#: Rows of each landing file whose content hash is computed anew: the first ones.
ROWS_HASHED = 25
NULL, PART = "\x00", "\x1f"
EPOCH, MICROSECOND = dt.datetime(1970, 1, 1), dt.timedelta(microseconds=1)


# --- landing ----------------------------------------------------------------------------------------------------------


def _float(value: float) -> str:
    """The shortest decimal that reads back as the number; exponents without leading zeros, and none down to 0.00001."""
    text = repr(value)
    digits, mark, power = text.partition("e")
    if power == "-05":
        return f"{Decimal(text):f}"
    return f"{digits}{mark}{power[0]}{power[1:].lstrip('0')}" if mark else text


def _as_text(value: Any) -> str:
    """A landed value as the text that was hashed."""
    match value:
        case None:
            return NULL
        case bool():
            return "true" if value else "false"
        case dt.datetime():
            return str((value - EPOCH) // MICROSECOND)
        case float():
            return _float(value)
        case list():
            return "|".join(member for member in value if member is not None)
        case _:
            return str(value)


def _hash(texts: list[str]) -> str:
    return hashlib.blake2b(PART.join(texts).encode(), digest_size=16).hexdigest()


def content_hashes(values: list[Any]) -> tuple[str, str]:
    """What `_content_hash` may be for values in the order of the contract's landed columns: now, and of homes of before.

    Those told times as text, not as microseconds.
    """
    before = [f"{v:%Y-%m-%d %H:%M:%S.%f}" if isinstance(v, dt.datetime) else _as_text(v) for v in values]
    return _hash([_as_text(value) for value in values]), _hash(before)


def contents(
    scene: Scene, database: duckdb.DuckDBPyConnection, parse: dict[str, Any], landed: dict[str, list[str]]
) -> Iterator[Invariant]:
    """Whether the first rows of a landing file have the content that their hashes promise."""
    path = scene.home / parse["landing_path"]
    if not path.is_file():
        return  # the funnel says so
    there = {row[0] for row in database.execute("describe select * from read_parquet(?)", [str(path)]).fetchall()}
    columns = landed[parse["contract"]]
    asked = ", ".join(name if name in there else f"null as {name}" for name in columns)
    rows = database.execute(
        f"select _content_hash, {asked} from read_parquet(?) order by _record_no limit {ROWS_HASHED}", [str(path)]
    ).fetchall()
    good = sum(told in content_hashes(list(values)) for told, *values in rows)
    yield compare(
        f"{parse['feed']}/{parse['name']}",
        ("内容与其散列值相符的行", "rows whose content is what its hash says"),
        len(rows),
        good,
    )


# --- the vault --------------------------------------------------------------------------------------------------------


def kept_bytes(scene: Scene, parse: dict[str, Any], binding: dict[str, Any] | None) -> Iterator[Invariant]:
    """Where the key is there: whether the vault keeps the very bytes that came, and holds as many records as were read."""
    subject, names = f"{parse['feed']}/{parse['name']}", ("保险库中的字节就是收到的字节", "the vault keeps the bytes that came")
    path = scene.home / "vault" / "raw" / parse["feed"] / parse["sha256"]
    if not scene.masters or not path.is_file():  # a city may keep none; without the key nobody can look
        return
    try:
        data = unsealed(path, scene.home / "vault", scene.masters)
    except Unreadable as error:
        yield unchecked(subject, names, parse["sha256"], ("打不开", f"it does not open: {error}"))
        return
    if data is None:  # shredded by decision
        return
    yield compare(subject, names, parse["sha256"], hashlib.sha256(data).hexdigest())
    if binding is None:
        return
    names = ("保险库中文件的记录数 = 读到的记录数", "records of the file in the vault = read")
    try:
        counted = count_records(Held(parse["name"], data), binding)
    except (ValueError, KeyError, OSError, csv.Error):  # locked with a password, which verify has not: the source says so too
        return
    yield compare(subject, names, parse["read_n"], counted)


# --- the work list ----------------------------------------------------------------------------------------------------


def tickets(scene: Scene, database: duckdb.DuckDBPyConnection) -> Iterator[Invariant]:
    """By feed: open tickets belong to rows that are out, closed ones say why, mended and accepted rows are in."""
    feeds = [row["feed"] for row in scene.rows("select distinct feed from quarantine order by feed")]
    for feed in feeds:
        waiting = scene.rows(
            "select count(*) as n, count(p.sha256) as known from quarantine q left join file f on f.feed = q.feed "
            "and f.sha256 = q.sha256 and f.status = 'loaded' left join parse p on p.feed = q.feed and p.sha256 = f.sha256 "
            "and p.parser = q.parser and p.is_current = 1 where q.feed = ? and q.status = 'open'", feed,
        )[0]  # fmt: skip
        names = ("待办单都属于在用的文件", "tickets that wait belong to files that count")
        yield compare(feed, names, waiting["n"], waiting["known"])
        closed = scene.rows(
            "select count(*) as n, count(e.ticket) as told from quarantine q left join (select ticket, what from ticket_event "
            "where rowid in (select max(rowid) from ticket_event where what <> 'bounced' group by ticket)) e "
            "on e.ticket = q.ticket and e.what = q.status where q.feed = ? and q.status <> 'open'", feed,
        )[0]  # fmt: skip
        yield compare(feed, ("已办结的单都有经过", "closed tickets tell how"), closed["n"], closed["told"])
        yield from _returned(scene, database, feed)


def _returned(scene: Scene, database: duckdb.DuckDBPyConnection, feed: str) -> Iterator[Invariant]:
    """Rows that were mended or accepted lie in the landing file of the parse that counts, or are repeats of one that does.

    A row that came without its number and was given one that another row of the file has is such a repeat; of which, its ticket
    does not tell. No more rows can be repeats than the parse counted.
    """
    rows = scene.rows(
        "select q.record_no, q.event_id, p.landing_path, p.repeat_n from quarantine q join file f using (feed, sha256) "
        "join parse p using (feed, sha256) where q.feed = ? and q.status in ('mended', 'accepted') "
        "and f.status in ('loaded', 'superseded') and p.is_current = 1",
        feed,
    )
    found = 0
    for path in sorted({row["landing_path"] for row in rows}):
        whole, of_file = scene.home / path, [row for row in rows if row["landing_path"] == path]
        query = "select _record_no, _event_id from read_parquet(?)"
        landed = dict(database.execute(query, [str(whole)]).fetchall()) if whole.is_file() else {}
        there = {*landed.values(), *(row["event_id"] for row in of_file if row["record_no"] in landed)} - {""}
        twins = sum(row["record_no"] not in landed and row["event_id"] in {*there, ""} for row in of_file)
        found += sum(row["record_no"] in landed for row in of_file) + min(twins, of_file[0]["repeat_n"])
    if rows:
        yield compare(feed, ("更正或放行的行已入库", "rows that were mended or accepted are in landing"), len(rows), found)
