"""Ingest one file: receive, decode, parse, judge, vault, land, ledger.

Belongs here: the order of the steps and what is counted at each. Does not: how bytes arrive (sources), how a value is
read (cleaning), what is stored where (core). The ledger row comes last: a kill before it leaves nothing that counts, and
the rerun writes the same names again.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa

from pipelines.cleaning import formats, handover, identity, parse, privacy, read
from pipelines.cleaning import judge as judging
from pipelines.core import faults, landing
from pipelines.core.bindings import Binding, City
from pipelines.core.errors import FileHeld, PasswordRefused, SourceUnavailable
from pipelines.core.installation import Installation
from pipelines.core.settings import ArchiveLimits, Home, environment
from pipelines.core.state import FileRow, Ledger, ParseRow, RuleRow
from pipelines.core.vault import Vault
from pipelines.sources import drop
from pipelines.sources.names import covered, extract_time

PIECE = 1 << 20
SHEET_RULE = "sheet-unread"


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


@dataclass(slots=True)
class Tally:
    """Counts that grow batch by batch."""

    accepted: int = 0
    repeats: int = 0
    quarantined: list[tuple[int, str]] = field(default_factory=list)
    rules: dict[str, RuleRow] = field(default_factory=dict)
    clock_min: dt.datetime | None = None
    clock_max: dt.datetime | None = None
    seen: list[pl.Series] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Work:
    """One file on its way."""

    binding: Binding
    city: City
    home: Home
    vault: Vault
    name: str
    sha256: str
    parser: str
    received_at: dt.datetime
    extracted_at: dt.datetime | None
    covers: str
    open_bytes: Callable[[], BinaryIO]
    limits: ArchiveLimits

    @property
    def month(self) -> str:
        return self.received_at.strftime("%Y%m")

    @property
    def stem(self) -> str:
        return f"{self.sha256}-{self.parser}"

    @property
    def latest(self) -> dt.datetime:
        """No clock value of the file may be later (law 6)."""
        return (self.extracted_at or self.received_at) + dt.timedelta(days=1)


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
        _write_batches(work, reading, header, tally, writer)
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


QUARANTINE = pa.schema([("record_no", pa.int64()), ("rule_ids", pa.string()), ("raw", pa.string())])


def _write_batches(work: Work, reading: read.Reading, header: judging.Header, tally: Tally, writer: Any) -> None:
    """Judge each batch and part it.

    Accepted rows land, refused ones go to the vault with their raw text, and all are left, encrypted, for Great
    Expectations until the checks have read them.
    """
    binding, month, name = work.binding, work.month, f"{work.stem}.parquet"
    plan = judging.Plan.of(binding)
    earliest = dt.datetime.combine(work.city.earliest, dt.time.min)
    batch_schema = handover.schema(plan)
    with (
        work.vault.table_writer("quarantine", binding.feed, name, QUARANTINE, month=month) as refused,
        work.vault.table_writer("tmp", binding.feed, name, batch_schema, month=month) as judged_rows,
    ):
        _refuse_ragged(reading, tally, refused, work)
        _tell_unread(reading, tally, work)
        for raw in reading.batches:
            judged = judging.judge(raw, header, plan, zone=work.city.zone, earliest=earliest, latest=work.latest)
            split = identity.identify(
                judged.frame, binding, sha256=work.sha256, covers=work.covers, extracted_at=work.extracted_at,
                seen=tally.seen,
            )  # fmt: skip
            _count(judged, work, tally)
            bad = split.filter(pl.col("_failed").list.len() > 0)
            _refuse(raw, bad, reading.header, refused, tally)
            good = split.filter((pl.col("_failed").list.len() == 0) & ~pl.col("_is_repeat"))
            tally.accepted += good.height
            tally.repeats += int(split["_is_repeat"].sum())
            _clock(good, binding, tally)
            writer.write_table(
                good.select(landing.schema(binding.contract).names).to_arrow().cast(landing.schema(binding.contract))
            )
            judged_rows.write_table(
                handover.batch(split, judged, plan, earliest=earliest, latest=work.latest).to_arrow().cast(batch_schema)
            )


def _refuse_ragged(reading: read.Reading, tally: Tally, refused: Any, work: Work) -> None:
    """Records that no batch holds: of another width than the header, or no JSON."""
    rule = reading.record_rule
    if not rule:
        return
    tally.rules[rule] = RuleRow(
        work.binding.feed, work.sha256, work.parser, rule, "", "quarantine", "conformity",
        reading.records - len(reading.nondata), len(reading.ragged),
    )  # fmt: skip
    numbers = sorted(reading.ragged)
    tally.quarantined += [(number, rule) for number in numbers]
    rows = [json.dumps(reading.ragged[number], ensure_ascii=False) for number in numbers]
    refused.write_table(pa.table([numbers, [rule] * len(rows), rows], schema=QUARANTINE))


def _tell_unread(reading: read.Reading, tally: Tally, work: Work) -> None:
    """Sheets with data that the binding does not name are no records of this feed, but nobody shall miss them unawares."""
    if reading.sheets > 1:
        tally.rules[SHEET_RULE] = RuleRow(
            work.binding.feed, work.sha256, work.parser, SHEET_RULE, "", "warn", "completeness",
            reading.sheets, len(reading.unread),
        )  # fmt: skip


def _refuse(raw: pl.DataFrame, bad: pl.DataFrame, header: list[str], refused: Any, tally: Tally) -> None:
    if bad.height == 0:
        return
    reasons = bad.select("_record_no", pl.col("_failed").list.join(",").alias("rule_ids"))
    tally.quarantined += [(int(n), str(r)) for n, r in reasons.iter_rows()]
    held = reasons.join(raw, on="_record_no", how="left", maintain_order="left")
    texts = [
        json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False)
        for row in held.select(pl.exclude("_record_no", "rule_ids")).iter_rows()
    ]
    refused.write_table(pa.table([reasons["_record_no"].to_arrow(), reasons["rule_ids"].to_list(), texts], schema=QUARANTINE))


def _count(judged: judging.Judged, work: Work, tally: Tally) -> None:
    for verdict in judged.verdicts:
        rule = verdict.rule
        before = tally.rules.get(rule.id)
        tally.rules[rule.id] = RuleRow(
            work.binding.feed, work.sha256, work.parser, rule.id, rule.column, rule.severity, rule.dimension,
            verdict.evaluated + (before.evaluated_n if before else 0), verdict.failed + (before.failed_n if before else 0),
        )  # fmt: skip


def _clock(good: pl.DataFrame, binding: Binding, tally: Tally) -> None:
    for column in binding.contract.columns:
        if column.is_clock and good.height:
            values = good[column.name].cast(pl.Datetime("us"))
            low, high = values.min(), values.max()
            if isinstance(low, dt.datetime) and isinstance(high, dt.datetime):
                tally.clock_min = min(low, tally.clock_min or low)
                tally.clock_max = max(high, tally.clock_max or high)
