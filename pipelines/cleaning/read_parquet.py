"""Read Parquet: typed columns as the text that a person would have written.

Belongs here: one text for a value of each type, counting rows twice. Does not: which column is which (judge), what a text
means (parse). A value is not changed: a decimal keeps its digits, a whole number of a float column has no decimal point, a
time with a zone is written in UTC with its mark, which the parse brings to the city's clock. NULL and NaN are empty cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.cleaning.read import LARGEST_WHOLE, Opener, Reading
from pipelines.cleaning.read_lines import cell_text
from pipelines.core.errors import FileHeld, said_by

#: Rows of one batch; fewer than of a CSV file, because a row group comes whole and in its own types beside.
BATCH_ROWS = 100_000
REMEDY = "ask the department to send the file again"


def _plain(value: Any) -> Any:
    """A nested value with its numbers and times as text, as JSON lines have them."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, bool) else str(value)


def _nested(column: pa.Array) -> pa.Array:
    return pa.array([cell_text(_plain(value)) for value in column.to_pylist()], pa.string())


def _float(column: pa.Array) -> pa.Array:
    column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    is_whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), LARGEST_WHOLE))
    whole = pc.if_else(is_whole, column, pa.scalar(None, column.type)).cast(pa.int64())
    return pc.coalesce(whole.cast(pa.string()), column.cast(pa.string()))


def _decimal(column: pa.Array) -> pa.Array:
    plain = column.cast(pa.string())
    if not pc.any(pc.match_substring(plain, "E")).as_py():
        return plain
    return pa.array([None if text is None else format(Decimal(text), "f") for text in plain.to_pylist()], pa.string())


def _timestamp(column: pa.Array) -> pa.Array:
    unit, zone = column.type.unit, column.type.tz
    wall = column.cast(pa.timestamp(unit, "UTC")).cast(pa.timestamp(unit)) if zone else column
    text = pc.replace_substring_regex(wall.cast(pa.string()), r"\.0+$", "")
    return pc.binary_join_element_wise(text, "Z", "") if zone else text


def _instant(column: pa.Array) -> pa.Array:
    """A time of the old form INT96, which Spark, Hive and Impala write in UTC without saying so."""
    return column.cast(pa.timestamp(column.type.unit, "UTC")) if pa.types.is_timestamp(column.type) else column


def text_of(column: pa.Array) -> pa.Array:
    """A column as text, NULL for an empty cell. Raises pa.ArrowInvalid for bytes that are no text, and unknown types."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return text_of(column.dictionary_decode())
    if pa.types.is_null(kind):
        return pa.nulls(len(column), pa.string())
    if pa.types.is_nested(kind):
        return _nested(column)
    if pa.types.is_floating(kind):
        return _float(column)
    if pa.types.is_decimal(kind):
        return _decimal(column)
    if pa.types.is_timestamp(kind):
        return _timestamp(column)
    if pa.types.is_time(kind):
        return pc.replace_substring_regex(column.cast(pa.string()), r"\.0+$", "")
    if pa.types.is_duration(kind):
        raise pa.ArrowInvalid("a span of time has no agreed text")
    return column.cast(pa.string())


def _flattened(batch: pa.RecordBatch, paths: tuple[str, ...]) -> tuple[list[str], list[pa.Array]]:
    """Columns of a batch; a struct below which the binding names a path is parted into its fields."""
    names, columns = list(batch.schema.names), list(batch.columns)
    opened = {path.partition(".")[0] for path in paths}
    at = 0
    while at < len(names):
        name, column = names[at], columns[at]
        if pa.types.is_struct(column.type) and name.partition(".")[0] in opened and name not in paths:
            fields = [f"{name}.{field.name}" for field in column.type]
            names[at : at + 1], columns[at : at + 1] = fields, column.flatten()
        else:
            at += 1
    return names, columns


def read_parquet(open_bytes: Opener, *, name: str, paths: tuple[str, ...] = ()) -> Reading:
    """A Parquet file in batches; `paths` are the dotted names that the binding uses.

    The number of rows is what the file's footer says of its row groups; the rows that its pages yield must be as many, or
    the file is held. Raises FileHeld if it is no Parquet, is cut off, a name stands twice, or a type has no text.
    """
    try:
        file = pq.ParquetFile(pa.PythonFile(open_bytes(), mode="r"), coerce_int96_timestamp_unit="us")
        groups = [file.metadata.row_group(at).num_rows for at in range(file.metadata.num_row_groups)]
        nothing = pa.RecordBatch.from_arrays([pa.nulls(0, f.type) for f in file.schema_arrow], schema=file.schema_arrow)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FileHeld(f"not readable as Parquet: {said_by(error)}", where=name, remedy=REMEDY) from error
    header, _ = _flattened(nothing, paths)
    if len(set(header)) != len(header):
        twice = next(text for text in header if header.count(text) > 1)
        raise FileHeld(f"two columns are called {twice!r}", where=name, remedy=REMEDY)
    return Reading(header, sum(groups), "parquet", _batches(file, sum(groups), paths, name))


def _batches(file: pq.ParquetFile, counted: int, paths: tuple[str, ...], name: str) -> Iterator[pl.DataFrame]:
    at = 0
    instants = {leaf.path for leaf in map(file.schema.column, range(len(file.schema))) if leaf.physical_type == "INT96"}
    try:
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            header, columns = _flattened(batch, paths)
            columns = [_instant(column) if title in instants else column for title, column in zip(header, columns, strict=True)]
            texts = {f"c{number}": _text(header[number], column, name) for number, column in enumerate(columns)}
            numbers = pl.Series("_record_no", range(at + 1, at + batch.num_rows + 1), dtype=pl.Int64)
            yield pl.DataFrame([numbers, *(pl.Series(key, text, dtype=pl.String) for key, text in texts.items())])
            at += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise FileHeld(f"not readable after row {at}: {said_by(error)}", where=name, remedy=REMEDY) from error
    if at != counted:
        raise FileHeld(f"two readers disagree: {counted} rows by the footer, {at} in the pages", where=name, remedy=REMEDY)


def _text(header: str, column: pa.Array, name: str) -> pa.Array:
    try:
        return text_of(column)
    except pa.ArrowException as error:
        raise FileHeld(
            f"column {header!r} of type {column.type} has no text: {said_by(error)}", where=name,
            remedy="ask for the column as text",
        ) from error  # fmt: skip
