"""Read stored files anew by today's parser: what would change, and the switch of all of them at once.

Belongs here: which files are read by an older parser, the comparison, the switch. Does not: reading one file (ingest),
printing (cli). Bytes come from the vault, so a file that left the drop folder is read as well.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pipelines import ingest
from pipelines.core.errors import CityError, FileHeld, UsageError, VaultError
from pipelines.core.installation import Installation
from pipelines.core.settings import pick
from pipelines.core.state import FileRow, Parsed


@dataclass(frozen=True, slots=True)
class Reread:
    """One file read anew: its counts before (None if nothing of it was loaded) and now, or why it is left as it is."""

    file: FileRow
    before: dict[str, Any] | None
    rules_before: dict[str, int]
    parsed: Parsed | None = None
    refused: CityError | None = None

    @property
    def rules_changed(self) -> dict[str, tuple[int, int]]:
        """Rule id to failed rows (before, now), where they differ."""
        now = {rule.rule_id: rule.failed_n for rule in self.parsed.rules} if self.parsed else {}
        pairs = {rule: (self.rules_before.get(rule, 0), now.get(rule, 0)) for rule in sorted({*now, *self.rules_before})}
        return {rule: pair for rule, pair in pairs.items() if pair[0] != pair[1]}


def waiting(place: Installation, *, feed: str = "") -> list[FileRow]:
    """Files that were read, or held, by another parser than today's; not those that a person retracted or shredded."""
    found = []
    for binding in place.city.feeds:
        if feed not in ("", binding.feed):
            continue
        rows = place.ledger.rows(
            "select * from file where feed = ? and status in ('loaded', 'superseded', 'held') order by received_at, sha256",
            binding.feed,
        )
        for row in (FileRow(**row) for row in rows):
            current = place.ledger.current_parse(row.feed, row.sha256)
            parser = ingest.file_parser(binding, place.ledger, row.sha256)
            is_read = current is not None or row.status == "held"
            is_other = current is None or current["parser"] != parser
            if is_read and is_other and not row.held_remedy.endswith(f"[{parser}]") and not ingest.is_shredded(row, place):
                found.append(row)
    return found


def read_anew(place: Installation, rows: Iterable[FileRow], *, now: dt.datetime) -> Iterator[Reread]:
    """Read each file by today's parser. What is read counts for nothing before `switch`."""
    for row in rows:
        before = place.ledger.current_parse(row.feed, row.sha256)
        rules = _rules(place, before)
        if row.status == "retracted":
            told = pick("it is retracted", "该文件已撤回"), pick("retract with --undo gives it back", "retract 加 --undo 可恢复")
            yield Reread(row, before, rules, refused=UsageError(told[0], where=row.name, remedy=told[1]))
            continue
        try:
            parsed = ingest.read_file(ingest.stored_work(row, place), row, now.isoformat(timespec="seconds"))
            parsed, _ = ingest.judge_drift(parsed, place.city.feed(row.feed), place)  # only told: what was loaded stays
        except (FileHeld, VaultError) as error:
            yield Reread(row, before, rules, refused=error)
            continue
        yield Reread(row, before, rules, parsed, ingest.check_shrink(parsed, place.city.feed(row.feed), place))


def _rules(place: Installation, parse: dict[str, Any] | None) -> dict[str, int]:
    if parse is None:
        return {}
    rows = place.ledger.rows(
        "select rule_id, failed_n from rule_outcome where feed = ? and sha256 = ? and parser = ?",
        parse["feed"], parse["sha256"], parse["parser"],
    )  # fmt: skip
    return {row["rule_id"]: row["failed_n"] for row in rows}


def switch(place: Installation, read: Iterable[Reread]) -> None:
    """Let the new parses count, all in one transaction; what is refused keeps what was loaded, with a note why."""
    every = list(read)
    place.ledger.enter_all([one.parsed for one in every if one.parsed is not None and one.refused is None])
    for one in every:
        if isinstance(one.refused, FileHeld):
            # As the switch left it: another file may cover the same by now, or no more.
            row = place.ledger.file(one.file.feed, one.file.sha256) or one.file
            ingest.refuse(row, one.refused, place, at=place.now().isoformat(timespec="seconds"))


def discard(place: Installation, read: Iterable[Reread]) -> None:
    """Delete what a trial left: parses that the ledger does not know, and their rows in the vault."""
    for one in read:
        parser = ingest.file_parser(place.city.feed(one.file.feed), place.ledger, one.file.sha256)
        if place.ledger.has_parse(one.file.feed, one.file.sha256, parser):
            continue
        name = f"{one.file.sha256}-{parser}.parquet"
        for path in (
            place.vault.path("quarantine", one.file.feed, name),
            place.vault.path("tmp", one.file.feed, name),
            *([place.home.root / one.parsed.parse.landing_path] if one.parsed else []),
        ):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
