"""Landing: immutable Parquet, one file per parse, written whole or not at all.

Belongs here: the schema of landing and atomic writing. Does not: judging rows, reading sources, which parse is current
(the ledger says).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.core import disk
from pipelines.core.contracts import Contract

TYPES = {
    "string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"), "date": pa.date32(),
}  # fmt: skip
SYSTEM_COLUMNS = (
    ("_event_id", pa.string()), ("_file", pa.string()), ("_record_no", pa.int64()), ("_feed", pa.string()),
    ("_system", pa.string()), ("_covers", pa.string()), ("extracted_at", pa.timestamp("us")),
    ("_version_at", pa.timestamp("us")), ("_content_hash", pa.string()), ("time_precision", pa.string()),
    ("terms", pa.list_(pa.string())), ("_flags", pa.list_(pa.string())),
)  # fmt: skip
#: Nearly every value is another one: a dictionary of them costs a tenth of writing the file and makes it larger.
DISTINCT = ("_event_id", "_record_no", "_content_hash")


def schema(contract: Contract) -> pa.Schema:
    """The landing schema of a contract: system columns, then the columns that land."""
    own = [(c.name, pa.list_(pa.string()) if c.is_list else TYPES[c.type]) for c in contract.landed]
    return pa.schema([*SYSTEM_COLUMNS, *own])


def _repeating(columns: pa.Schema) -> list[str]:
    """Columns for which a dictionary pays, as Parquet names them: of a list its members."""
    return [f"{c.name}.list.element" if pa.types.is_list(c.type) else c.name for c in columns if c.name not in DISTINCT]


@contextlib.contextmanager
def writing(path: Path, columns: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A Parquet writer; the file appears under its name, synced, when the block ends well."""
    with (
        disk.drafting(path, "landing") as draft,
        pq.ParquetWriter(
            draft.name, columns, compression="zstd", compression_level=1, use_dictionary=_repeating(columns)
        ) as writer,
    ):
        yield writer
