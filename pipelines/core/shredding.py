"""Shredding: a month of a feed that nobody shall read again, and what that costs.

Belongs here: what would become unreadable, the decision, its steps. Does not: destroying a key (vault_keys), what is shredded
because its time is over (retention), the master key.

The decision is entered first; then the keys are destroyed, a stone for each before it; then what they locked is deleted. A kill
between leaves a decision that the next command carries out (`decided.settle`), and bytes that nobody can read.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines.core import decided, decisions, faults, vault_keys
from pipelines.core.decided import Signed
from pipelines.core.decisions import Decision
from pipelines.core.errors import ObjectDamaged, UsageError
from pipelines.core.installation import Installation
from pipelines.core.set_aside import MARKS, path_told
from pipelines.core.settings import pick
from pipelines.core.vault import place_of, read_header
from pipelines.core.vault_keys import Place, first_and_last


@dataclass(frozen=True, slots=True)
class Locked:
    """What one key locks: objects and their bytes."""

    place: Place
    paths: tuple[Path, ...]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What nobody can read any more after keys are destroyed.

    files: received files whose bytes go; unread: those of them of which no row was loaded, so that they are lost whole;
    tickets: rows still open on the work list whose text goes; in_clear: files of them that still lie in the drop folder.
    """

    locked: tuple[Locked, ...]
    files: int
    unread: tuple[str, ...]
    tickets: int
    in_clear: tuple[str, ...]

    @property
    def places(self) -> list[Place]:
        return [one.place for one in self.locked]


def objects(place: Installation, *, feed: str = "") -> dict[Place, list[Path]]:
    """Every object of the vault by the key that its header names."""
    found: dict[Place, list[Path]] = {}
    for path in sorted(place.home.vault.glob(f"[!k]*/{feed or '*'}/*")):
        if not path.name.startswith("."):
            try:
                found.setdefault(place_of(read_header(path)[0]), []).append(path)
            except (ObjectDamaged, FileNotFoundError):  # no key opens it; a batch whose checks another process ended just now
                continue
    return found


def month_meant(text: str) -> str:
    """`2026-06` as keys name it. Raises UsageError."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise UsageError(
            pick(f"{text!r} is no month", f"{text!r} 不是月份"), where="--month", remedy=pick("write 2026-06", "请写作 2026-06")
        )
    return text.replace("-", "")


def cost_of(place: Installation, doomed: Iterable[Place]) -> Cost:
    """What destroying these keys would make unreadable. Keys of which nothing is left are named too."""
    locked, files, tickets = [], set(), 0
    every = objects(place)
    for key in dict.fromkeys(doomed):
        paths = every.get(key, [])
        locked.append(Locked(key, tuple(paths), sum(path.stat().st_size for path in paths if path.exists())))
        if key[0] == "raw":
            files |= {(key[1], path.name) for path in paths}
        if key[0] == "quarantine":
            tickets += sum(_open_tickets(place, key[1], path.stem) for path in paths)
    unread, in_clear = [], []
    for feed, sha256 in sorted(files):
        row = place.ledger.file(feed, sha256)
        if row is not None and place.ledger.current_parse(feed, sha256) is None:
            unread.append(row.name)
        seen = place.ledger.rows("select path from sighting where feed = ? and sha256 = ?", feed, sha256)
        at = [path for one in seen for path in (Path(one["path"]), *Path(one["path"]).parents)]  # a member lies in its archive
        in_clear += [row.name] if row is not None and any(_lies(path, place) for path in at) else []
    return Cost(tuple(locked), len(files), tuple(unread), tickets, tuple(in_clear))


def _lies(seen: Path, place: Installation) -> bool:
    """Whether a file lies where the ledger saw one; where its name held something personal the ledger has a mark instead."""
    if not MARKS.search(str(seen)):
        return seen.is_file()
    sure = Path(MARKS.split(str(seen))[0]).parent
    pattern = "*".join(glob.escape(part) for part in MARKS.split(str(seen.relative_to(sure))))
    return any(path.is_file() and path_told(str(path), place.vault) == str(seen) for path in sure.glob(pattern))


def _open_tickets(place: Installation, feed: str, stem: str) -> int:
    sha256, _, parser = stem.rpartition("-")
    told = "select count(*) as n from quarantine where feed = ? and sha256 = ? and parser = ? and status = 'open'"
    return int(place.ledger.rows(told, feed, sha256, parser)[0]["n"])


def keys_of(place: Installation, feed: str, month: str) -> list[Place]:
    """The keys of a feed's month (YYYYMM) in every room, whether their file is there or only what they lock.

    Raises ConfigurationError for an unknown feed.
    """
    known = {binding.feed for binding in place.city.feeds} | {key[1] for key in vault_keys.places(place.home)}
    if feed not in known:
        place.city.feed(feed)
    every = {*vault_keys.places(place.home), *objects(place, feed=feed)}
    return sorted(key for key in every if key[1] == feed and first_and_last(key[2])[0] <= month <= first_and_last(key[2])[1])


def shred(place: Installation, doomed: list[Place], signed: Signed, *, name: str, feed: str, kind: str = "shred") -> int:
    """Decide that keys are destroyed and destroy them with what they lock; returns how many objects went.

    Raises UsageError without a name and a reason. Keys that are shredded already are not decided on again; what is left of
    what they locked is deleted.
    """
    decided.settle(place.home, place.ledger)
    new = [key for key in doomed if not place.vault.keys.stone(key)]
    if new:
        content = {"feed": feed, "name": name, "keys": [list(key) for key in new]}
        decisions.enter(
            place.home, Decision(kind, f"{feed}/{name}", content, signed.reason, signed.by, signed.at, signed.at.date())
        )
        faults.hit("after_decision")
        decided.destroy_decided(place.home, decisions.every(place.home))
        faults.hit("after_keys")
    return sweep(place, doomed)


def sweep(place: Installation, doomed: Iterable[Place]) -> int:
    """Delete what shredded keys locked; returns how many objects."""
    every, n = objects(place), 0
    for key in doomed:
        for path in every.get(key, []) if place.vault.keys.stone(key) else ():
            path.unlink(missing_ok=True)
            n += 1
    return n
