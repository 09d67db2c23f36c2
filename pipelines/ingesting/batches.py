"""One file's batches: judged, then each record one way only - into landing, into quarantine, or counted as a repeat.

Belongs here: parting what the judge has judged, and what is counted at that. Does not: how bytes become batches (cleaning),
what becomes of the file (ingest).
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa

from pipelines.cleaning import handover, identity, read
from pipelines.cleaning import judge as judging
from pipelines.cleaning.seen import Seen
from pipelines.core import faults, landing
from pipelines.core.bindings import Binding, City
from pipelines.core.errors import FileHeld
from pipelines.core.headers import told_apart
from pipelines.core.measured import MarkRow
from pipelines.core.settings import ArchiveLimits, Home
from pipelines.core.state import ParseRow, RuleRow
from pipelines.core.vault import Vault
from pipelines.ingesting import amend
from pipelines.ingesting.amend import NONE, Amendments

SHEET_RULE = "sheet-unread"
QUARANTINE = pa.schema([("record_no", pa.int64()), ("rule_ids", pa.string()), ("raw", pa.string())])


@dataclass(slots=True)
class Tally:
    """Counts that grow batch by batch."""

    accepted: int = 0
    repeats: int = 0
    quarantined: list[tuple[int, str]] = field(default_factory=list)
    rules: dict[str, RuleRow] = field(default_factory=dict)
    marks: Counter[str] = field(default_factory=Counter)
    clock_min: dt.datetime | None = None
    clock_max: dt.datetime | None = None
    seen: Seen = field(default_factory=Seen)
    ids: dict[int, str] = field(default_factory=dict)


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
    amendments: Amendments = NONE

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


def write_batches(work: Work, reading: read.Reading, header: judging.Header, tally: Tally, writer: Any) -> None:
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
        for came in reading.batches:
            faults.hit("judge")
            raw = amend.lay_over(came, header, work.amendments.mends)
            judged = judging.judge(raw, header, plan, zone=work.city.zone, earliest=earliest, latest=work.latest)
            judged.frame = amend.waive(judged.frame, work.amendments.waived)
            split = identity.identify(
                judged.frame, binding, sha256=work.sha256, covers=work.covers, extracted_at=work.extracted_at,
                seen=tally.seen,
            )  # fmt: skip
            faults.hit("split")
            _count(judged, work, tally)
            bad = split.filter(pl.col("_failed").list.len() > 0)
            _refuse(raw, bad, reading.header, refused, tally)
            tally.ids |= known_events(bad, binding)
            good = split.filter((pl.col("_failed").list.len() == 0) & ~pl.col("_is_repeat"))
            tally.accepted += good.height
            tally.repeats += int(split["_is_repeat"].sum())
            _clock(good, binding, tally)
            faults.hit("landing_write")
            writer.write_table(
                good.select(landing.schema(binding.contract).names).to_arrow().cast(landing.schema(binding.contract))
            )
            judged_rows.write_table(
                handover.batch(split, judged, plan, earliest=earliest, latest=work.latest).to_arrow().cast(batch_schema)
            )


def known_events(bad: pl.DataFrame, binding: Binding) -> dict[int, str]:
    """Of rows set aside whose key can be read, the event they are about: by it a later file is seen to mend them."""
    if binding.is_keyless:
        return {}
    keyed = bad.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in binding.key_columns))
    return dict(keyed.select("_record_no", "_event_id").iter_rows())


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
    names = told_apart(header)
    texts = [
        json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False)
        for row in held.select(pl.exclude("_record_no", "rule_ids")).iter_rows()
    ]
    refused.write_table(pa.table([reasons["_record_no"].to_arrow(), reasons["rule_ids"].to_list(), texts], schema=QUARANTINE))


def mark_rows(work: Work, tally: Tally) -> tuple[MarkRow, ...]:
    """What cleaning marked, by column and parse rule."""
    told = ((mark.partition(":"), n) for mark, n in sorted(tally.marks.items()))
    return tuple(MarkRow(work.binding.feed, work.sha256, work.parser, column, rule, n) for (column, _, rule), n in told)


def _count(judged: judging.Judged, work: Work, tally: Tally) -> None:
    tally.marks.update(judged.marks)
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


def check_funnel(row: ParseRow, work: Work) -> None:
    """Raises FileHeld if a record is neither accepted nor told why not."""
    left = row.read_n - row.accepted_n - row.quarantined_n - row.repeat_n - row.nondata_n
    if left:
        raise FileHeld(
            f"{left} of {row.read_n} records are unaccounted for", where=work.name,
            remedy="this is a fault of citybrain: report it; the file is kept and was not loaded",
        )  # fmt: skip
