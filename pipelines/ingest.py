"""Ingest one file: receive, decode, parse, judge, vault, land, ledger.

Belongs here: the order of the steps. Does not: how bytes arrive (sources), how a value is read (cleaning), where each record
goes (ingesting), what is stored where (core). The ledger row comes last: a kill before it leaves nothing that counts, and
the rerun writes the same names again.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.cleaning import formats, parse, privacy, read
from pipelines.cleaning import judge as judging
from pipelines.core import decided, faults, landing
from pipelines.core.bindings import Binding
from pipelines.core.errors import FileHeld, PasswordRefused, SourceUnavailable
from pipelines.core.installation import Installation
from pipelines.core.settings import environment
from pipelines.core.state import FileRow, Ledger, ParseRow
from pipelines.ingesting.batches import Tally, Work, write_batches
from pipelines.sources import drop
from pipelines.sources.names import covered, extract_time

PIECE = 1 << 20


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
    message: str = ""


def parser_id(binding: Binding) -> str:
    """What a parse depends on: contract, binding, cleaning version, vocabularies."""
    words = "|".join((*privacy.vocabulary(), *parse.null_tokens()))
    text = "\x1f".join((binding.contract.digest, binding.digest, parse.CLEANING_VERSION, words))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _hashed(candidate: drop.Candidate) -> tuple[drop.Candidate, str]:
    """The candidate with the sha256 of its bytes. Of a member that cannot be read its archive stands in, refused.

    Raises SourceUnavailable if the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with candidate.open() as stream:
            while piece := stream.read(PIECE):
                digest.update(piece)
        return candidate, digest.hexdigest()
    except FileHeld as error:
        return _hashed(candidate.archive(error))
    except OSError as error:
        raise SourceUnavailable(
            f"cannot be read: {error.strerror}", where=candidate.place, remedy="check it and run again"
        ) from error


def pending(binding: Binding, place: Installation) -> list[drop.Candidate]:
    """Ready files that the ledger does not know, or knows only by another parser or password."""
    waiting = []
    for candidate in drop.ready(binding, place.city, place.source_root, place.settings.archives):
        sha256 = place.ledger.seen(binding.feed, candidate.place, candidate.size_bytes, candidate.mtime_ns)
        if sha256 is None or not _is_done(binding, place, sha256):
            waiting.append(candidate)
    return waiting


def _locked_mark(binding: Binding, place: Installation) -> str:
    """Ends the remedy of a file held for its password: another password is a reason to try again, as another parser is."""
    return f" [{place.vault.mark(parser_id(binding) + environment(binding.password))}]"


def _is_done(binding: Binding, place: Installation, sha256: str) -> bool:
    parser, row = parser_id(binding), place.ledger.file(binding.feed, sha256)
    if row is not None and row.status in ("held", "retracted"):
        marks = (f"[{parser}]", _locked_mark(binding, place))
        return row.status == "retracted" or row.held_remedy.endswith(marks)
    return place.ledger.has_parse(binding.feed, sha256, parser)


def ingest_feed(
    binding: Binding, place: Installation, *, now: dt.datetime, progress: Callable[[FileOutcome], None] = lambda _: None
) -> list[FileOutcome]:
    """Everything new of one feed. Neither a held nor an unreadable file stops the rest.

    Raises SourceUnavailable at the end if a file could not be read; `progress` has heard of the others.
    """
    outcomes: list[FileOutcome] = []
    unreadable: SourceUnavailable | None = None
    decided.settle(place.home, place.ledger)
    for candidate in pending(binding, place):
        try:
            outcome = ingest_file(candidate, binding, place, now=now)
        except SourceUnavailable as error:  # the files after it go on; the first failure is told at the end
            unreadable = unreadable or error
            continue
        progress(outcome)
        outcomes.append(outcome)
    if unreadable is not None:
        raise unreadable
    return outcomes


def ingest_file(candidate: drop.Candidate, binding: Binding, place: Installation, *, now: dt.datetime) -> FileOutcome:
    """One file, exactly once by its content."""
    at, (candidate, sha256) = candidate, _hashed(candidate)
    parser, ledger, seen_at = parser_id(binding), place.ledger, now.isoformat(timespec="seconds")
    faults.hit("after_hash")
    known = ledger.file(binding.feed, sha256)
    if known is not None and _is_done(binding, place, sha256):
        ledger.sight(binding.feed, at.place, at.size_bytes, at.mtime_ns, sha256=sha256, seen_at=seen_at)
        _release_archive(candidate, ledger)
        return FileOutcome(binding.feed, candidate.name, sha256, "known", message=f"same bytes as {known.name}")
    received = known.received_at if known else seen_at
    name = known.name if known else candidate.name
    row = FileRow(binding.feed, sha256, binding.contract.id, name, candidate.size_bytes, received, None, "", "held")
    try:
        work = _receive(candidate, binding, place, sha256, name=name, received_at=dt.datetime.fromisoformat(received))
        outcome = _load(work, ledger, row, seen_at)
    except FileHeld as error:
        mark = _locked_mark(binding, place) if isinstance(error, PasswordRefused) else f" [{parser}]"
        ledger.hold(_replace(row, held_what=error.what, held_where=error.where, held_remedy=f"{error.remedy}{mark}"))
        outcome = FileOutcome(binding.feed, candidate.name, sha256, "held", message=str(error))
    for seen in {at.place: at, candidate.place: candidate}.values():
        ledger.sight(binding.feed, seen.place, seen.size_bytes, seen.mtime_ns, sha256=sha256, seen_at=seen_at)
    _release_archive(candidate, ledger)
    return outcome


def _release_archive(member: drop.Candidate, ledger: Ledger) -> None:
    """An archive that was held for its password gives way to its members once they can be read."""
    if member.member is None:
        return
    sha256 = ledger.seen(member.feed, str(member.path), member.path.stat().st_size, member.mtime_ns)
    row = ledger.file(member.feed, sha256) if sha256 else None
    if row is not None and row.status == "held" and "password" in row.held_what:
        ledger.hold(_replace(row, status="superseded", held_what="", held_where="", held_remedy=""))


def _replace(row: FileRow, **changes: Any) -> FileRow:
    values = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return FileRow(**{**values, **changes})


def _receive(
    candidate: drop.Candidate, binding: Binding, place: Installation, sha256: str, *, name: str, received_at: dt.datetime
) -> Work:
    """Bytes into the vault; from then on the vault's copy is read, so that what was hashed is what is parsed."""
    city, vault = place.city, place.vault
    stored = vault.path("raw", binding.feed, sha256)
    if city.keeps_raw and not stored.exists():
        digest = hashlib.sha256()
        month = received_at.strftime("%Y%m")
        with candidate.open() as source, vault.create("raw", binding.feed, sha256, month=month) as sink:
            while piece := source.read(PIECE):
                digest.update(piece)
                sink.write(piece)
            if digest.hexdigest() != sha256:
                raise SourceUnavailable(
                    "the file changed while it was read",
                    where=candidate.place,
                    remedy="run again when it is complete",
                )
    faults.hit("after_vault")
    if candidate.refused is not None:
        raise candidate.refused

    def open_bytes() -> BinaryIO:
        stream: BinaryIO = vault.open(stored) if city.keeps_raw else candidate.open()
        if stream.read(2) == b"\x1f\x8b":
            stream.seek(0)
            return io.BufferedReader(gzip.GzipFile(fileobj=stream), PIECE)
        stream.seek(0)
        return stream

    return Work(
        binding, city, place.home, vault, name, sha256, parser_id(binding), received_at, extract_time(binding, name),
        covered(binding, name), open_bytes, place.settings.archives,
    )  # fmt: skip


def _load(work: Work, ledger: Ledger, row: FileRow, loaded_at: str) -> FileOutcome:
    try:
        reading = formats.open_reading(work.open_bytes, work.binding, name=work.name, limits=work.limits)
    except (OSError, EOFError, zlib.error) as error:
        raise FileHeld(f"the file is damaged: {error}", where=work.name, remedy="ask the department to send it again") from error
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
    _check_funnel(parse_row, work)
    entered = _replace(
        row, status="loaded", extracted_at=_text(work.extracted_at), covers=work.covers,
        unknown_columns="|".join(header.unknown),
    )  # fmt: skip
    faults.hit("before_ledger")
    ledger.enter(entered, parse_row, tally.rules.values(), tally.quarantined)
    faults.hit("after_ledger")
    return FileOutcome(
        work.binding.feed, work.name, work.sha256, "loaded", parse_row.read_n, parse_row.accepted_n,
        parse_row.quarantined_n, parse_row.repeat_n, parse_row.nondata_n, _unread_words(reading, work),
    )  # fmt: skip


def _unread_words(reading: read.Reading, work: Work) -> str:
    if not reading.unread:
        return ""
    what = f"{work.name}: sheets with data that the binding does not name: {', '.join(reading.unread)}"
    return f"{what} -> list them with sheet: in feeds/{work.binding.feed}.yml, or ask what they are"


def _check_funnel(row: ParseRow, work: Work) -> None:
    left = row.read_n - row.accepted_n - row.quarantined_n - row.repeat_n - row.nondata_n
    if left:
        raise FileHeld(
            f"{left} of {row.read_n} records are unaccounted for", where=work.name,
            remedy="this is a fault of citybrain: report it; the file is kept and was not loaded",
        )  # fmt: skip


def _text(moment: dt.datetime | None) -> str | None:
    return moment.isoformat(sep=" ") if moment else None


def _landing_path(work: Work) -> Path:
    return work.home.landing / work.binding.contract.id / f"{work.binding.feed}-{work.stem}.parquet"
