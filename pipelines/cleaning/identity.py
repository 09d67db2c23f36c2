"""Identity: which event a row is about, which version of it, and whether the file says it twice.

Belongs here: event ids, content hashes, version times, repeats, the ordinal that tells identical rows of a keyless feed
apart. Does not: which of several files is current (the ledger) or which version wins (the warehouse).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable

import polars as pl

from pipelines.cleaning.seen import Seen
from pipelines.core.bindings import Binding


def _digests(texts: pl.Series) -> pl.Series:
    """128-bit hashes as hex text; the same on every machine and version, unlike polars' own hash."""
    blake = hashlib.blake2b
    marks = [blake(text, digest_size=16).digest() for text in texts.cast(pl.Binary).to_list()]
    return pl.Series(marks, dtype=pl.Binary).bin.encode("hex")


def _joined(frame: pl.DataFrame, columns: Iterable[str]) -> pl.Series:
    parts, kinds = [], frame.schema  # asked once: polars makes it anew each time
    for name in columns:
        column, dtype = pl.col(name), kinds[name]
        if dtype == pl.List(pl.String):
            column = column.list.join("|")
        elif dtype == pl.Datetime:  # as a number: as text it takes twice as long
            column = column.cast(pl.Int64)
        parts.append(column.cast(pl.String).fill_null("\x00"))
    return frame.select(pl.concat_str(parts, separator="\x1f")).to_series()


def identify(
    frame: pl.DataFrame,
    binding: Binding,
    *,
    sha256: str,
    covers: str,
    extracted_at: dt.datetime | None,
    seen: Seen,
) -> pl.DataFrame:
    """Add the system columns: identity, version, content hash, `_is_repeat`.

    `seen` carries what earlier batches of the same file held; it grows by this batch.
    """
    content = _digests(_joined(frame, [c.name for c in binding.contract.landed]))
    update = binding.contract.update_time
    extracted = pl.lit(extracted_at, dtype=pl.Datetime("us"))
    version = pl.coalesce(pl.col(update), extracted) if update in frame.columns else extracted
    frame = frame.with_columns(
        content.alias("_content_hash"), version.alias("_version_at"), extracted.alias("extracted_at"),
        pl.lit(sha256).alias("_file"), pl.lit(binding.feed).alias("_feed"), pl.lit(binding.system).alias("_system"),
        pl.lit(covers).alias("_covers"),
    )  # fmt: skip
    if binding.is_keyless:
        before = _occurrences(frame["_content_hash"], seen)
        ids = _digests(_joined(frame.with_columns(before.alias("_nth")), ["_system", "_covers", "_content_hash", "_nth"]))
        return frame.with_columns(ids.alias("_event_id"), pl.lit(False).alias("_is_repeat"))
    ids = _digests(_joined(frame, ["_system", *binding.key_columns]))
    frame = frame.with_columns(ids.alias("_event_id"))
    whole = _joined(frame, ["_event_id", "_version_at", "_content_hash"])
    good = frame["_failed"].list.len() == 0
    repeat = _repeats(whole, good, seen)
    return frame.with_columns(repeat.alias("_is_repeat"))


def _repeats(whole: pl.Series, good: pl.Series, seen: Seen) -> pl.Series:
    """Rows equal in key, version and content to an earlier accepted row of the file."""
    again = ~pl.struct("w", "g").is_first_distinct()
    repeat = pl.DataFrame({"w": whole, "g": good, "before": seen.counts(whole)}).select(
        pl.col("g") & (again | (pl.col("before") > 0))
    )
    seen.add(whole.filter(good & ~repeat.to_series()))
    return repeat.to_series()


def _occurrences(content: pl.Series, seen: Seen) -> pl.Series:
    """How many equal rows came before in the file: the ordinal that tells identical rows of a keyless feed apart."""
    nth = pl.DataFrame({"c": content}).select(pl.int_range(pl.len()).over("c").alias("n")).to_series()
    nth = nth + seen.counts(content)
    seen.add(content)
    return nth
