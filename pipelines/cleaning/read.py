"""Read: a received file as batches of text columns under their source headers.

Belongs here: CSV by pyarrow in bounded memory (Python's csv where the two disagree), XLSX by calamine, GeoJSON. Does not:
JSON lines (read_lines), typing a single value (parse). Every batch has `_record_no` and one text column per source header;
NULL is an empty cell.
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.etree import ElementTree

import numpy as np
import openpyxl
import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv
import python_calamine
import shapely.errors
import shapely.geometry

from pipelines.cleaning import decode
from pipelines.core.errors import FileHeld

BATCH_ROWS = 250_000
BLOCK_BYTES = 16 << 20
HEADER_SEARCH_ROWS = 20
LARGEST_WHOLE = 1e18  # beyond it a float no longer prints as the digits that were typed
WIDTH_RULE = "record-width"
TOTAL_WORDS = ("合计", "总计", "共计", "小计")

Opener = Callable[[], BinaryIO]


@dataclass(slots=True)
class Reading:
    """A file opened for reading: its header, its counts, its batches, and the records that no batch holds.

    `record_rule`: the rule that those records break; empty for a format in which every record is in a batch.
    """

    header: list[str]
    records: int
    encoding: str
    batches: Iterator[pl.DataFrame]
    nondata: list[int] = field(default_factory=list)
    ragged: dict[int, list[str]] = field(default_factory=dict)
    record_rule: str = ""


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
    for batch in _arrow(open_bytes, count, delimiter):
        frame = pl.from_arrow(pa.Table.from_batches([batch]))
        assert isinstance(frame, pl.DataFrame)
        if at + frame.height > count.well_formed:
            break
        yield frame.select(pl.Series("_record_no", numbers[at : at + frame.height]), *names)
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


def _reference_batches(open_bytes: Opener, count: decode.Count, delimiter: str) -> Iterator[pl.DataFrame]:
    names = [f"c{i}" for i in range(len(count.header))]
    rows = decode.csv_rows(open_bytes, count, delimiter)
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


def _header_row(rows: list[list[str]], knows: Callable[[list[str]], int], name: str) -> int:
    scores = [(knows(row), -number) for number, row in enumerate(rows[:HEADER_SEARCH_ROWS])]
    best, number = max(scores, default=(0, 0))
    if best == 0:
        raise FileHeld(
            f"no header found in the first {HEADER_SEARCH_ROWS} rows", where=name,
            remedy="compare the sheet with the contract's column names, or name the sheet in the binding",
        )  # fmt: skip
    return -number


# Expat 2.4 and later bounds entity expansion by itself, so the standard parser is safe on what departments send.
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def _sheet_part(book: zipfile.ZipFile, sheet: str) -> str:
    """The part of the workbook that holds `sheet`, or its first sheet."""
    listed = ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{SHEET}sheet")  # noqa: S314
    wanted = next(entry for entry in listed if not sheet or entry.get("name") == sheet)
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    target = next(r.get("Target", "") for r in relations if r.get("Id") == wanted.get(RELATION))
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _counted_rows(data: bytes, sheet: str) -> int:
    """The independent counter: the number of the last row that holds anything, straight from the sheet's XML."""
    last = number = 0
    with zipfile.ZipFile(io.BytesIO(data)) as book, book.open(_sheet_part(book, sheet)) as part:
        for _, element in ElementTree.iterparse(part, events=("end",)):  # noqa: S314
            if element.tag == f"{SHEET}row":
                number = int(element.get("r") or number + 1)
                if any(e.text for e in element.iter() if e.tag in (f"{SHEET}v", f"{SHEET}t")):
                    last = number
                element.clear()
    return last


def _openpyxl_rows(data: bytes, sheet: str) -> int:
    """The arbiter where the two disagree (a cell may point to an empty shared text): slow, so only then."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    page = book[sheet] if sheet else book[book.sheetnames[0]]
    filled = [n for n, row in enumerate(page.iter_rows(values_only=True), 1) if any(c not in (None, "") for c in row)]
    book.close()
    return max(filled, default=0)


def read_xlsx(open_bytes: Opener, *, sheet: str, name: str, knows: Callable[[list[str]], int]) -> Reading:
    """A workbook's sheet: header found by its words, title rows, blank rows and the total counted as non-data.

    `knows` tells how many cells of a row are known headers. Raises FileHeld if the file is no workbook, has no known
    header, the two readers disagree, or the stated total is not the number of rows.
    """
    with open_bytes() as stream:
        data = stream.read()
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        page = book.get_sheet_by_name(sheet) if sheet else book.get_sheet_by_index(0)
        cells = page.to_python(skip_empty_area=False)
        counted = _counted_rows(data, sheet)
    except Exception as error:
        raise FileHeld(f"not readable as XLSX: {error}", where=name, remedy="ask for the file again") from error
    rows = [[cell_text(cell) for cell in row] for row in cells]
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) != counted and len(rows) != (counted := _openpyxl_rows(data, sheet)):
        raise FileHeld(f"two readers disagree: {counted} rows by one, {len(rows)} by the other", where=name)
    at = _header_row(rows, knows, name)
    header = rows[at]
    kept: list[tuple[int, list[str]]] = []
    nondata = list(range(1, at + 1))
    for number, row in enumerate(rows[at + 1 :], start=at + 1):
        if not any(row) or row[0].strip() in TOTAL_WORDS:
            nondata.append(number)
        else:
            kept.append((number, row))
    _check_total(rows, len(kept), name)
    return Reading(header, len(rows) - 1, "xlsx", _row_batches(kept, len(header)), nondata)


def _check_total(rows: list[list[str]], data_rows: int, name: str) -> None:
    footer = rows[-1] if rows else []
    if not footer or footer[0].strip() not in TOTAL_WORDS:
        return
    stated = next((cell for cell in footer[1:] if cell.strip().isdigit()), None)
    if stated is not None and int(stated) != data_rows:
        raise FileHeld(f"the footer says {stated} rows, the sheet has {data_rows}", where=name, remedy="ask for it again")


def _row_batches(kept: list[tuple[int, list[str]]], width: int) -> Iterator[pl.DataFrame]:
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
            raise FileHeld(f"not a GeoJSON feature collection: {error}", where=name) from error
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
    return Reading(header, len(features), "utf-8", _row_batches(rows, len(header)))
