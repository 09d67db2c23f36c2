"""Read: a received file as batches of text columns under their source headers.

Belongs here: CSV by pyarrow in bounded memory (Python's csv where the two disagree), GeoJSON, what a `Reading` is. Does not:
the other formats (a module each; formats chooses), typing a single value (parse). Every batch has `_record_no` and one text
column per source header; NULL is an empty cell.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv
import shapely.errors
import shapely.geometry

from pipelines.cleaning import decode
from pipelines.core.errors import FileHeld, said_by

BATCH_ROWS = 250_000
BLOCK_BYTES = 16 << 20
LARGEST_WHOLE = 1e18  # beyond it a float no longer prints as the digits that were typed
WIDTH_RULE = "record-width"

Opener = Callable[[], BinaryIO]


@dataclass(slots=True)
class Reading:
    """A file opened for reading: its header, its counts, its batches, and the records that no batch holds.

    `record_rule`: the rule that those records break; empty for a format in which every record is in a batch.
    `sheets`: how many sheets the file has; `unread`: those with data that the binding does not name. `is_ended`: whether the
    last line of a text has its end.
    """

    header: list[str]
    records: int
    encoding: str
    batches: Iterator[pl.DataFrame]
    nondata: list[int] = field(default_factory=list)
    ragged: dict[int, list[str]] = field(default_factory=dict)
    record_rule: str = ""
    sheets: int = 0
    unread: list[str] = field(default_factory=list)
    is_ended: bool = True


def read_csv(open_bytes: Opener, *, declared: str, delimiter: str, name: str) -> Reading:
    """A CSV file. Raises FileHeld if it cannot be decoded or has no header."""
    count = decode.count_records(open_bytes, declared=declared, delimiter=delimiter, name=name)
    return Reading(
        header=count.header,
        records=count.records,
        encoding=count.encoding,
        batches=_csv_batches(open_bytes, count, delimiter),
        nondata=count.blank,
        ragged=count.ragged,
        record_rule=WIDTH_RULE,
        is_ended=count.is_ended,
    )


def _csv_batches(open_bytes: Opener, count: decode.Count, delimiter: str) -> Iterator[pl.DataFrame]:
    """Batches of pyarrow; if it sees another number of records than the counter, the reference reader takes over.

    That is known only at the end, so a first pass that only counts is made when the file has quotes across lines or
    ragged records, the two ways in which readers are known to differ.
    """
    if not count.well_formed:
        return
    doubtful = count.has_newlines_in_values or count.ragged
    if doubtful and sum(batch.num_rows for batch in _arrow(open_bytes, count, delimiter)) != count.well_formed:
        yield from _reference_batches(open_bytes, count, delimiter)
        return
    numbers = _ordinals(count)
    at = 0
    names = [f"c{i}" for i in range(len(count.header))]
    try:
        for batch in _arrow(open_bytes, count, delimiter):
            frame = pl.from_arrow(pa.Table.from_batches([batch]))
            assert isinstance(frame, pl.DataFrame)
            if at + frame.height > count.well_formed:
                break
            yield frame.select(pl.Series("_record_no", numbers[at : at + frame.height]), *names)
            at += frame.height
    except pa.ArrowInvalid:  # a record larger than a block, or text that only the reference reader takes
        for frame in _reference_batches(open_bytes, count, delimiter, after=at):
            yield frame
            at += frame.height
    if at != count.well_formed:
        raise FileHeld(
            f"two readers disagree: {count.well_formed} records by one, {at} by the other", where="CSV",
            remedy="report it with the file's first lines; the file is kept and was not loaded",
        )  # fmt: skip


def _ordinals(count: decode.Count) -> np.ndarray[Any, np.dtype[np.int64]]:
    every = np.arange(1, count.records + 1)
    skipped = np.array([*count.blank, *count.ragged], dtype=np.int64)
    return np.setdiff1d(every, skipped, assume_unique=True) if len(skipped) else every


def _arrow(open_bytes: Opener, count: decode.Count, delimiter: str) -> Iterator[pa.RecordBatch]:
    encoding = "utf-8" if count.encoding == "utf-8-sig" else count.encoding
    names = [f"c{i}" for i in range(len(count.header))]
    stream: Any = pa.PythonFile(open_bytes(), mode="r")
    if encoding != "utf-8":
        stream = pa.transcoding_input_stream(stream, encoding, "utf-8")
    reader = pacsv.open_csv(
        stream,
        read_options=pacsv.ReadOptions(column_names=names, skip_rows=count.header_lines, block_size=BLOCK_BYTES),
        parse_options=pacsv.ParseOptions(
            delimiter=delimiter,
            newlines_in_values=count.has_newlines_in_values,
            invalid_row_handler=lambda _: "skip",
        ),
        convert_options=pacsv.ConvertOptions(column_types={name: pa.string() for name in names}, strings_can_be_null=False),
    )
    with reader:
        yield from reader


def _reference_batches(open_bytes: Opener, count: decode.Count, delimiter: str, after: int = 0) -> Iterator[pl.DataFrame]:
    """The well-formed records behind the first `after` of them."""
    names = [f"c{i}" for i in range(len(count.header))]
    rows = itertools.islice(decode.csv_rows(open_bytes, count, delimiter), after, None)
    while piece := list(itertools.islice(rows, BATCH_ROWS)):
        columns = list(zip(*(row for _, row in piece), strict=True))
        data = {name: pl.Series(name, values, dtype=pl.String) for name, values in zip(names, columns, strict=True)}
        yield pl.DataFrame({"_record_no": pl.Series([n for n, _ in piece], dtype=pl.Int64), **data})


def cell_text(value: Any) -> str:
    """A spreadsheet cell as the text a person would read; whole numbers without a decimal point."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < LARGEST_WHOLE else repr(value)
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def row_batches(kept: list[tuple[int, list[str]]], width: int) -> Iterator[pl.DataFrame]:
    """Batches of rows that are in memory, each with its record number and `width` cells."""
    for start in range(0, len(kept), BATCH_ROWS):
        piece = kept[start : start + BATCH_ROWS]
        data = {f"c{i}": pl.Series([row[i] for _, row in piece], dtype=pl.String) for i in range(width)}
        yield pl.DataFrame({"_record_no": pl.Series([n for n, _ in piece], dtype=pl.Int64), **data})


def read_geojson(open_bytes: Opener, *, name: str, geometry_header: str) -> Reading:
    """A feature collection: properties as columns, the geometry as WKT under `geometry_header`."""
    with open_bytes() as stream:
        try:
            features = json.loads(stream.read().decode("utf-8-sig"))["features"]
            if not all(isinstance(feature, dict) for feature in features):
                raise TypeError("a feature is no object")
        except (ValueError, KeyError, TypeError) as error:
            raise FileHeld(f"not a GeoJSON feature collection: {said_by(error)}", where=name) from error
    header = list(dict.fromkeys(key for feature in features for key in (feature.get("properties") or {})))
    rows = []
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") or {}
        shape = feature.get("geometry")
        try:
            wkt = shapely.geometry.shape(shape).wkt if shape else ""
        except (ValueError, TypeError, KeyError, AttributeError, shapely.errors.ShapelyError) as error:
            raise FileHeld(f"feature {number} has no readable geometry", where=name, remedy="mend it at its source") from error
        rows.append((number, [cell_text(properties.get(key)) for key in header] + [wkt]))
    header = [*header, geometry_header]
    return Reading(header, len(features), "utf-8", row_batches(rows, len(header)))
