"""Ingest one file: receive, decode, parse, judge, vault, land, ledger.

Belongs here: the order of the steps. Does not: how bytes arrive (sources), how a value is read (cleaning), where each record
goes (ingesting), what is stored where (core). The ledger row comes last: a kill before it leaves nothing that counts, and
the rerun writes the same names again.
"""

from __future__ import annotations

import datetime as dt
import functools
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from pipelines.cleaning import formats
from pipelines.cleaning import judge as judging
from pipelines.core import decided, disk, faults, landing
from pipelines.core.bindings import Binding
from pipelines.core.drifts import Header
from pipelines.core.errors import (
    SEND_AGAIN,
    CityError,
    FileHeld,
    FileJudged,
    FileShrunk,
    ObjectDamaged,
    PasswordRefused,
    SourceUnavailable,
    StorageFailed,
    VaultError,
    said_by,
)
from pipelines.core.installation import Installation
from pipelines.core.personal_shapes import masked
from pipelines.core.settings import environment, pick
from pipelines.core.state import FileRow, Parsed, ParseRow
from pipelines.ingesting import again, amend, at_source, kept, notes, receive
from pipelines.ingesting.amend import store as store_mends
from pipelines.ingesting.batches import Tally, Work, check_funnel, mark_rows, write_batches
from pipelines.ingesting.drift import judge as judge_drift
from pipelines.ingesting.kept import has_bytes, headers_told, is_shredded, month_of, name_told
from pipelines.ingesting.parser import dated_parser, file_parser, parser_id
from pipelines.ingesting.shrink import shrunk
from pipelines.ingesting.trial import judge_rows
from pipelines.sources import drop

__all__ = ["file_parser", "has_bytes", "is_shredded", "judge_drift", "judge_rows", "month_of", "parser_id", "store_mends"]


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file in one run; `verdict` is loaded, known, or held."""

    feed: str
    name: str
    sha256: str
    verdict: str
    read_n: int = 0
    accepted_n: int = 0
    quarantined_n: int = 0
    repeat_n: int = 0
    nondata_n: int = 0
    deleted_at_source_n: int = 0
    message: str = ""


def pending(binding: Binding, place: Installation) -> list[drop.Candidate]:
    """Ready files that the ledger does not know, or knows only by another parser or password."""
    waiting = []
    for candidate in drop.ready(binding, place.city, place.source_root, place.settings.archives):
        sha256 = place.ledger.seen(binding.feed, name_told(candidate.place, place), candidate.size_bytes, candidate.mtime_ns)
        if sha256 is None or not _is_done(binding, place, sha256):
            waiting.append(candidate)
    return waiting


def _locked_mark(binding: Binding, place: Installation) -> str:
    """Ends the remedy of a file held for its password: another password is a reason to try again, as another parser is."""
    return f" [{place.vault.mark(parser_id(binding) + environment(binding.password))}]"


def _is_done(binding: Binding, place: Installation, sha256: str) -> bool:
    parser, row = file_parser(binding, place.ledger, sha256), place.ledger.file(binding.feed, sha256)
    if row is not None and row.status == "retracted":
        return True
    if row is not None and row.held_remedy and row.held_remedy.endswith((f"[{parser}]", _locked_mark(binding, place))):
        judged = place.ledger.held_by_judgement(row.feed, row.sha256)
        return not any(decided.is_released(place.home, one) for one in judged) or is_shredded(row, place)
    current = place.ledger.current_parse(binding.feed, sha256)  # an older one may be of this parser: a change taken back
    return (current is not None and current["parser"] == parser) or (row is not None and is_shredded(row, place))


def ingest_feed(
    binding: Binding, place: Installation, *, now: dt.datetime, progress: Callable[[FileOutcome], None] = lambda _: None
) -> list[FileOutcome]:
    """Everything new of one feed. Neither a held nor an unreadable file stops the rest, nor a disk that refuses one.

    Raises SourceUnavailable or StorageFailed at the end if a file could not be read or stored; `progress` has heard of the
    others.
    """
    outcomes: list[FileOutcome] = []
    failed: CityError | None = None
    waits: set[tuple[str, dt.datetime | None]] = set()
    try:
        with disk.told(place.home.root):
            disk.sweep([*place.vault.folders(binding.feed), place.home.landing / binding.contract.id, place.home.keys])
            decided.settle(place.home, place.ledger)
            for outcome in (*_load_released(binding, place, now=now), *load_amended(binding, place, now=now)):
                progress(outcome)
                outcomes.append(outcome)
    except StorageFailed as error:
        failed = error
    for candidate in pending(binding, place):
        same = _standing(binding, candidate.name, place)
        if same in waits:  # of files that cover the same the last received counts, so none overtakes one that could not be taken
            continue
        try:
            with disk.told(place.home.root):
                outcome = ingest_file(candidate, binding, place, now=now)
        except (SourceUnavailable, StorageFailed) as error:  # the files after it go on; the first failure is told at the end
            failed = failed or error
            waits |= {same} if same[0] else set()  # what covers nothing has no rival
            continue
        progress(outcome)
        outcomes.append(outcome)
    with disk.told(place.home.root):
        at_source.close(binding, place)
    if failed is not None:
        raise failed
    return outcomes


def _standing(binding: Binding, name: str, place: Installation) -> tuple[str, dt.datetime | None]:
    """What a file covers and when it was extracted, as far as its name tells; where it should and does not it is held later."""
    try:
        return kept.standing(binding, name, place)[::-1]
    except FileHeld:
        return "", None


def ingest_file(candidate: drop.Candidate, binding: Binding, place: Installation, *, now: dt.datetime) -> FileOutcome:
    """One file, exactly once by its content."""
    at, (candidate, sha256) = candidate, receive.hashed(candidate)
    told = name_told(candidate.name, place)
    ledger, seen_at = place.ledger, now.isoformat(timespec="seconds")
    faults.hit("after_hash")
    known = ledger.file(binding.feed, sha256)
    name = known.name if known else told
    if known is not None and _is_done(binding, place, sha256):
        try:
            verdict, message = again.receive(known, candidate.name, candidate.mtime_ns, binding, place, seen_at=seen_at)
        except FileHeld as error:  # what is known of the bytes stays; the new name is told once
            verdict, message = "held", masked(str(error))
        if _is_done(binding, place, sha256):
            path = name_told(at.place, place)
            ledger.sight(binding.feed, path, at.size_bytes, at.mtime_ns, sha256=sha256, seen_at=seen_at)
            _release_archive(candidate, place, seen_at)
            return FileOutcome(binding.feed, told, sha256, verdict, message=message)
        name = told
    if known is None:
        covers, extracted = _standing(binding, candidate.name, place) if told != candidate.name else ("", None)
        size, at_text = candidate.size_bytes, _text(extracted)
        known = FileRow(binding.feed, sha256, binding.contract.id, name, size, seen_at, at_text, covers, "held")
    row = replace(known, name=name)
    outcome = _take_delivered(candidate, row, place, seen_at)
    for seen in {at.place: at, candidate.place: candidate}.values():
        path = name_told(seen.place, place)
        ledger.sight(binding.feed, path, seen.size_bytes, seen.mtime_ns, sha256=sha256, seen_at=seen_at)
    _release_archive(candidate, place, seen_at)
    return outcome


def _take_delivered(candidate: drop.Candidate, row: FileRow, place: Installation, seen_at: str) -> FileOutcome:
    """Take a file of the drop folder; where the vault's copy of its bytes is damaged, they are received anew."""
    work = functools.partial(_receive, candidate, place.city.feed(row.feed), place, row)
    try:
        return _take(work, row, place, seen_at)
    except ObjectDamaged:
        place.vault.path("raw", row.feed, row.sha256).unlink(missing_ok=True)
        return _take(work, row, place, seen_at)


def _take(
    work: Callable[[], Work], row: FileRow, place: Installation, seen_at: str, *, holds_drift: bool = True
) -> FileOutcome:  # fmt: skip
    """Read a file and enter it; or hold it, which leaves in place what an earlier parser loaded of it."""
    binding = place.city.feed(row.feed)
    try:
        parsed, drifted = judge_drift(read_file(work(), row, seen_at), binding, place)
        if judged := check_shrink(parsed, binding, place) or (drifted if holds_drift else None):
            with place.ledger.transaction():
                place.ledger.drifts.enter(row.feed, row.sha256, parsed.header, parsed.changes)
            raise judged
    except FileHeld as error:
        return refuse(row, error, place, at=seen_at)
    faults.hit("before_ledger")
    place.ledger.enter_all([parsed])
    faults.hit("after_ledger")
    return outcome_of(parsed, place.ledger.departed.entered(parsed.file, place.home.root, is_keyless=binding.is_keyless))


def refuse(row: FileRow, error: FileHeld, place: Installation, *, at: str = "") -> FileOutcome:
    """Hold a file; what an earlier parser loaded of it stays, with a note."""
    binding = place.city.feed(row.feed)
    mark = (
        _locked_mark(binding, place)
        if isinstance(error, PasswordRefused)
        else f" [{file_parser(binding, place.ledger, row.sha256)}]"
    )
    before = place.ledger.current_parse(row.feed, row.sha256)
    held = replace(
        row, status=row.status if before else "held", held_what=masked(error.what), held_where=masked(error.where),
        held_remedy=f"{masked(error.remedy)}{mark}",
    )  # fmt: skip
    place.ledger.hold(held, file_parser(binding, place.ledger, row.sha256) if isinstance(error, FileJudged) else "", at=at)
    n = before["accepted_n"] if before else 0
    kept = pick(f"; its {n} rows read before stay", f"；先前读入的 {n} 行保持不变") if before else ""
    return FileOutcome(row.feed, row.name, row.sha256, "held", message=f"{masked(str(error))}{kept}")


def _load_released(binding: Binding, place: Installation, *, now: dt.datetime) -> Iterator[FileOutcome]:
    """Files that a decision released and that are held still: a kill came between."""
    for row in _released(binding, place):
        if not has_bytes(row, place):  # the drop folder may still hold it
            continue
        try:
            yield load_stored(row, place, now=now)
        except VaultError as error:
            yield FileOutcome(row.feed, row.name, row.sha256, "held", message=str(error))


def load_amended(binding: Binding, place: Installation, *, now: dt.datetime) -> Iterator[FileOutcome]:
    """Read files anew whose records a decision amended, or no longer does, and whose parse does not show it yet."""
    for row, parser in amended_files(binding, place):
        current = place.ledger.current_parse(row.feed, row.sha256)
        amended = place.ledger.amendments(row.feed, row.sha256)
        known, mark = f"amended: {row.feed}/{row.sha256}", f"[{amend.parser_with('', amended)}]"
        if current is not None and current["parser"] == parser and place.ledger.recall(known) != mark:
            place.ledger.remember(known, mark)
        is_settled = place.ledger.recall(known) == mark  # read by other rules since: that is for reparse to do
        if current is None or is_settled or row.held_remedy.endswith(f"[{parser}]") or not has_bytes(row, place):
            continue
        place.ledger.remember(known, "")  # a kill from here on: it is read once more
        try:
            outcome = load_stored(row, place, now=now, holds_drift=False)  # its header is as it was when it was taken
        except VaultError as error:
            outcome = FileOutcome(row.feed, row.name, row.sha256, "held", message=str(error))
        if outcome.verdict == "loaded":
            place.ledger.remember(known, mark)
        yield outcome


def amend_files(binding: Binding, place: Installation, *, now: dt.datetime) -> list[FileOutcome]:
    """Read what was amended anew, and close what that mends in older files."""
    outcomes = list(load_amended(binding, place, now=now))
    at_source.close(binding, place)
    return outcomes


def amended_files(binding: Binding, place: Installation) -> list[tuple[FileRow, str]]:
    """Files of which a record was ever amended, that are not retracted, with the parser they are to be read by."""
    told = {(one.feed, one.sha256) for one in place.ledger.amendments()}
    told |= {
        (row["feed"], row["sha256"])
        for row in place.ledger.rows(
            "select distinct feed, sha256 from quarantine where status in ('mended', 'accepted') and feed = ?", binding.feed
        )
    }
    rows = [place.ledger.file(*key) for key in sorted(told) if key[0] == binding.feed]
    return [(row, file_parser(binding, place.ledger, row.sha256)) for row in rows if row and row.status != "retracted"]


def _released(binding: Binding, place: Installation) -> list[FileRow]:
    """Files held by a judgement that a person has overruled."""
    return [row for row in place.ledger.held_by_judgement(binding.feed) if decided.is_released(place.home, row)]


def load_stored(row: FileRow, place: Installation, *, now: dt.datetime, holds_drift: bool = True) -> FileOutcome:
    """Read a file's kept bytes by today's parser and enter it. Raises VaultError without its bytes or their key."""
    return _take(lambda: stored_work(row, place), row, place, now.isoformat(timespec="seconds"), holds_drift=holds_drift)


def _release_archive(member: drop.Candidate, place: Installation, seen_at: str) -> None:
    """An archive that was held for its password gives way to its members once they can be read."""
    if member.member is None:
        return
    ledger, path = place.ledger, name_told(str(member.path), place)
    sha256 = ledger.seen(member.feed, path, member.path.stat().st_size, member.mtime_ns)
    row = ledger.file(member.feed, sha256) if sha256 else None
    if row is not None and row.status == "held" and "password" in row.held_what:
        ledger.hold(replace(row, status="superseded", covers="", held_what="", held_where="", held_remedy=""), at=seen_at)


def _receive(candidate: drop.Candidate, binding: Binding, place: Installation, row: FileRow) -> Work:
    """Bytes into the vault; from then on the vault's copy is read, so that what was hashed is what is parsed."""
    city, vault = place.city, place.vault
    stored = vault.path("raw", binding.feed, row.sha256)
    if city.keeps_raw and not has_bytes(row, place):  # new, or its key is gone
        receive.keep(candidate, vault, row.feed, row.sha256, month=month_of(row))
    faults.hit("after_vault")
    if candidate.refused is not None:
        raise candidate.refused

    is_so_called = row.name == name_told(candidate.name, place)
    named = kept.standing(binding, candidate.name, place) if is_so_called else kept.standing_kept(binding, row, place)
    return _work(row, place, lambda: vault.open(stored) if city.keeps_raw else candidate.open(), named)


def stored_work(row: FileRow, place: Installation) -> Work:
    """A file on its way once more, from the vault. Raises VaultError if its bytes, or their key, are not kept."""
    kept.check(row, place)
    named = kept.standing_kept(place.city.feed(row.feed), row, place)
    return _work(row, place, lambda: place.vault.open(place.vault.path("raw", row.feed, row.sha256)), named)


def _work(
    row: FileRow, place: Installation, open_raw: Callable[[], BinaryIO], named: tuple[dt.datetime | None, str]
) -> Work:  # fmt: skip
    binding, amended = place.city.feed(row.feed), place.ledger.amendments(row.feed, row.sha256)

    def open_bytes() -> BinaryIO:
        stream = open_raw()
        if stream.read(2) == b"\x1f\x8b":
            stream.seek(0)
            return io.BufferedReader(gzip.GzipFile(fileobj=stream), receive.PIECE)
        stream.seek(0)
        return stream

    return Work(
        binding, place.city, place.home, place.vault, row.name, row.sha256,
        amend.parser_with(dated_parser(binding, place.ledger, row.sha256), amended),
        dt.datetime.fromisoformat(row.received_at), *named, open_bytes,
        place.settings.archives, amend.read(place.vault, row.feed, row.sha256, amended, name=row.name),
    )  # fmt: skip


def read_file(work: Work, row: FileRow, loaded_at: str) -> Parsed:
    """Parse and judge one file into landing and vault; nothing counts until it is entered. Raises FileHeld."""
    try:
        faults.hit("decode")
        reading = formats.open_reading(work.open_bytes, work.binding, name=work.name, limits=work.limits)
    except (OSError, EOFError, zlib.error) as error:
        if disk.refusal(error, work.name) is not None:  # our disk, not the file
            raise
        raise FileHeld(f"the file is damaged: {said_by(error)}", where=work.name, remedy=SEND_AGAIN) from error
    header = judging.Header({}, ())
    if reading.header:  # JSON lines of an hour in which nothing happened name no column
        header = judging.match_header(reading.header, work.binding, name=work.name)
    tally = Tally()
    with landing.writing(_landing_path(work), landing.schema(work.binding.contract)) as writer:
        write_batches(work, reading, header, tally, writer)
    faults.hit("after_landing")
    parse_row = ParseRow(
        work.binding.feed, work.sha256, work.parser, work.binding.contract.id,
        _landing_path(work).relative_to(work.home.root).as_posix(), 1, reading.records, tally.accepted,
        len(tally.quarantined), tally.repeats, len(reading.nondata), _text(tally.clock_min), _text(tally.clock_max),
        reading.encoding, loaded_at,
    )  # fmt: skip
    check_funnel(parse_row, work)
    entered = replace(
        row, contract=work.binding.contract.id, status="loaded", extracted_at=_text(work.extracted_at), covers=work.covers,
        unknown_columns="|".join(headers_told(header.unknown)), held_what="", held_where="", held_remedy="",
    )  # fmt: skip
    return Parsed(
        entered, parse_row, tuple(tally.rules.values()), tuple(tally.quarantined), notes.of_file(reading, work), tally.ids,
        mark_rows(work, tally), Header(tuple(headers_told(map(judging.told, reading.header))), reading.is_ended),
    )  # fmt: skip


def check_shrink(parsed: Parsed, binding: Binding, place: Installation) -> FileShrunk | None:
    """Why a file is held that lost most of the rows of what it would replace; None if it did not, or was released."""
    replaced = place.ledger.replaced_by(parsed.file, is_snapshot=binding.delivery == "snapshot")
    found = shrunk(parsed.parse.accepted_n, replaced, binding.contract.shrink_hold_ratio, name=parsed.file.name)
    return None if found is None or decided.is_released(place.home, parsed.file) else found


def outcome_of(parsed: Parsed, deleted_at_source_n: int = 0) -> FileOutcome:
    """What became of a file that was entered."""
    row = parsed.parse
    return FileOutcome(
        row.feed, parsed.file.name, row.sha256, "loaded", row.read_n, row.accepted_n, row.quarantined_n, row.repeat_n,
        row.nondata_n, deleted_at_source_n, parsed.message,
    )  # fmt: skip


def _text(moment: dt.datetime | None) -> str | None:
    return moment.isoformat(sep=" ") if moment else None


def _landing_path(work: Work) -> Path:
    return work.home.landing / work.binding.contract.id / f"{work.binding.feed}-{work.stem}.parquet"
