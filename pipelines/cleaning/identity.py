"""Identity: which event a row is about, which version of it, and whether the file says it twice.

Belongs here: event ids, content hashes, version times, repeats, the ordinal that tells identical rows of a keyless feed
apart. Does not: which of several files is current (the ledger) or which version wins (the warehouse).
"""

from __future__ import annotations

import binascii
import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.cleaning.seen import Marks, Seen
from pipelines.core.bindings import Binding
from pipelines.core.delete_flag import MARKED

#: Bytes of a hash.
WIDTH = 16
#: Odd, with bits all over: the golden ratio's and the square root of two's.
ODD = np.array([0x9E3779B97F4A7C15, 0x6A09E667F3BCC909], dtype=np.uint64)
#: Stands for a version without a time; no file can say it.
NO_TIME = -(2**63)


@dataclass(frozen=True, slots=True)
class _Digests:
    """128-bit hashes; the same on every machine and version, unlike polars' own hash."""

    raw: bytes

    @classmethod
    def of(cls, texts: pl.Series) -> _Digests:
        blake = hashlib.blake2b
        return cls(b"".join([blake(text, digest_size=WIDTH).digest() for text in texts.cast(pl.Binary).to_list()]))

    def hex(self) -> pl.Series:
        """As text, one a row."""
        height = len(self.raw) // WIDTH
        ends = np.arange(0, 2 * WIDTH * (height + 1), 2 * WIDTH, dtype=np.int64)
        whole = pa.py_buffer(binascii.hexlify(self.raw))
        return pl.Series(pa.LargeStringArray.from_buffers(height, pa.py_buffer(ends), whole))

    def marks(self) -> Marks:
        """As two numbers a row."""
        halves = np.frombuffer(self.raw, dtype="<u8").reshape(-1, 2)
        return Marks(halves[:, 0], halves[:, 1])


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
    content = _Digests.of(_joined(frame, [c.name for c in binding.contract.landed]))
    update = binding.contract.update_time
    extracted = pl.lit(extracted_at, dtype=pl.Datetime("us"))
    version = pl.coalesce(pl.col(update), extracted) if update in frame.columns else extracted
    frame = frame.with_columns(
        content.hex().alias("_content_hash"), version.alias("_version_at"), extracted.alias("extracted_at"),
        pl.lit(sha256).alias("_file"), pl.lit(binding.feed).alias("_feed"), pl.lit(binding.system).alias("_system"),
        pl.lit(covers).alias("_covers"),
    )  # fmt: skip
    if binding.is_keyless:
        before = _occurrences(content.marks(), seen)
        nth = _joined(frame.with_columns(before.alias("_nth")), ["_system", "_covers", "_content_hash", "_nth"])
        return frame.with_columns(_Digests.of(nth).hex().alias("_event_id"), pl.lit(False).alias("_is_repeat"))
    ids = _Digests.of(_joined(frame, ["_system", *binding.key_columns]))
    good = frame["_failed"].list.len() == 0
    whole = _whole(ids.marks(), content.marks(), frame["_version_at"])
    if binding.delete_flag is not None:  # that a row was deleted need not show in its content
        whole = Marks(whole.first + frame["_flags"].list.contains(MARKED).to_numpy().astype(np.uint64), whole.second)
    repeat = _repeats(whole, good, seen)
    return frame.with_columns(ids.hex().alias("_event_id"), repeat.alias("_is_repeat"))


def _whole(ids: Marks, content: Marks, version: pl.Series) -> Marks:
    """Marks of key, version and content together: each part times an odd number of its own, modulo 2**64."""
    at = version.cast(pl.Int64).fill_null(NO_TIME).to_numpy().view(np.uint64)
    first = ids.first + content.first * ODD[0] + at * ODD[1]
    return Marks(first, ids.second + content.second * ODD[1] + at * ODD[0])


def _repeats(whole: Marks, good: pl.Series, seen: Seen) -> pl.Series:
    """Rows equal in key, version and content to an earlier accepted row of the file."""
    places = np.flatnonzero(good.to_numpy())
    asked = whole.where(places)
    first = pl.DataFrame({"a": asked.first, "b": asked.second}).select(pl.struct("a", "b").is_first_distinct()).to_series()
    again = ~first.to_numpy() | (seen.counts(asked) > 0)
    seen.add(asked.where(~again))
    repeat = np.zeros(len(whole), dtype=np.bool_)
    repeat[places] = again
    return pl.Series("_is_repeat", repeat)


def _occurrences(content: Marks, seen: Seen) -> pl.Series:
    """How many equal rows came before in the file: the ordinal that tells identical rows of a keyless feed apart."""
    both = pl.DataFrame({"a": content.first, "b": content.second})
    nth = both.select(pl.int_range(pl.len()).over("a", "b").alias("n")).to_series()
    nth = nth + pl.Series(seen.counts(content))
    seen.add(content)
    return nth
