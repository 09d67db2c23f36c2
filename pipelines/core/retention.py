"""Retention: what the vault has kept long enough.

Belongs here: what is over its time, dropping it, the decision. Does not: how long that is (retention_days), shredding a month on
somebody's word (shredding).

Bytes as received and the text of rows set aside go when their file was received longer ago than its feed's days; uploads when
the month of the files that they are about was. A month all of which is over its time is shredded, so that backups lose it too.
What belongs to rows still open on the work list stays, with what was mended of the same file, and is told, unless a person says
that it goes as well. Landing, the ledger and every count stay.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from pipelines.core import decided, decisions, faults, shredding, vault_keys
from pipelines.core.decided import Signed
from pipelines.core.decisions import Decision
from pipelines.core.installation import Installation
from pipelines.core.retention_days import days_of
from pipelines.core.vault import MARKS
from pipelines.core.vault_keys import Place, first_and_last

#: Rooms whose objects begin with the hash of the file that they are about.
OF_FILES = ("raw", "quarantine", "tmp")


@dataclass(frozen=True, slots=True)
class Overdue:
    """What is over its time: objects, the files they are about, months to be shredded.

    waiting: files that are over their time and have rows still open on the work list: kept, unless they were asked for too.
    tickets: those rows.
    """

    paths: tuple[Path, ...]
    files: int
    keys: tuple[Place, ...]
    waiting: tuple[str, ...]
    tickets: int


def _month_end(month: str) -> dt.datetime:
    last = first_and_last(month)[1]
    year, number = int(last[:4]), int(last[4:6])
    return dt.datetime(year, number, calendar.monthrange(year, number)[1], 23, 59, 59)


def _days(place: Installation, now: dt.datetime) -> dict[str, int]:
    said = place.city.retention_days
    return {b.feed: days_of(said, b.feed, b.contract.id, now.date()) for b in place.city.feeds}


def _mended(place: Installation) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Uploads with mended cells: feed and name to the files they are about, without which these cannot be read anew."""
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for one in place.ledger.amendments():
        if one.kind == "mend":
            found.setdefault((one.feed, f"{one.detail}.json"), set()).add((one.feed, one.sha256))
    return found


def overdue(place: Installation, *, now: dt.datetime, with_open: bool = False) -> Overdue:
    """What is over its time today. A feed that the city no longer has is kept as long as the table says."""
    days = _days(place, now)
    received = {
        (row["feed"], row["sha256"]): (dt.datetime.fromisoformat(row["received_at"]), row["name"])
        for row in place.ledger.rows("select feed, sha256, received_at, name from file")
    }
    open_rows = {
        (row["feed"], row["sha256"]): row["n"]
        for row in place.ledger.rows("select feed, sha256, count(*) as n from quarantine where status = 'open' group by 1, 2")
    }
    mended = _mended(place)
    paths: list[Path] = []
    keys: list[Place] = []
    files, waiting = set(), set()
    every: dict[Place, list[Path]] = {key: [] for key in vault_keys.places(place.home) if key != MARKS}
    every |= shredding.objects(place)
    for key, found in every.items():
        room, feed, month = key
        kept_for = dt.timedelta(days=days.get(feed) or days_of(place.city.retention_days, feed, "", now.date()))
        over = []
        for path in found:
            about = (feed, path.name.partition("-")[0])
            known = received.get(about) if room in OF_FILES else None
            if (known[0] if known else _month_end(month)) + kept_for >= now:
                continue
            if room == "uploads" and not with_open and mended.get((feed, path.name), set()) & open_rows.keys():
                continue
            if about in open_rows and known and room != "tmp":
                waiting.add(about)
                if not with_open:
                    continue
            over.append(path)
            files |= {about} if known else set()
        paths += over
        if len(over) == len(found) and _month_end(month) + kept_for < now:
            keys.append(key)
    return Overdue(
        tuple(paths), len(files), tuple(sorted(keys)), tuple(sorted(received[one][1] for one in waiting)),
        sum(open_rows[one] for one in waiting),
    )  # fmt: skip


def apply(place: Installation, found: Overdue, signed: Signed) -> None:
    """Drop what `overdue` found, by a decision that names the months it shreds.

    Raises UsageError without a name and a reason. A kill leaves the rest to the next time, and keys to the next run.
    """
    content = {"feed": "*", "name": f"{len(found.paths)} objects", "keys": [list(key) for key in found.keys],
               "files": found.files, "open_rows": found.tickets}  # fmt: skip
    decisions.enter(place.home, Decision("retention", "*", content, signed.reason, signed.by, signed.at, signed.at.date()))
    faults.hit("after_decision")
    for path in found.paths:
        path.unlink(missing_ok=True)
    faults.hit("after_objects")
    decided.destroy_decided(place.home, decisions.every(place.home))


def overdue_files(place: Installation, *, now: dt.datetime) -> int:
    """How many files as received are over their time, by the ledger: for `status`, which opens no object."""
    return sum(
        place.vault.path("raw", feed, row["sha256"]).exists()
        for feed, days in _days(place, now).items()
        for row in place.ledger.rows(
            "select sha256 from file where feed = ? and received_at < ?", feed, (now - dt.timedelta(days=days)).isoformat()
        )
    )
