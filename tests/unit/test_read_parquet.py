"""Parquet: a typed value becomes the text that a person would have written, and no row is lost."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.cleaning import parse_time, read_parquet
from pipelines.cleaning.read import Reading
from pipelines.core.errors import FileHeld

NOON = dt.datetime(2026, 1, 1, 12)


def _bytes(table: pa.Table, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def _read(data: bytes, paths: tuple[str, ...] = ()) -> Reading:
    return read_parquet.read_parquet(lambda: io.BytesIO(data), name="x.parquet", paths=paths)


def _rows(reading: Reading) -> list[tuple[object, ...]]:
    frames = list(reading.batches)
    return pl.concat(frames).rows() if frames else []


@pytest.mark.parametrize(
    ("values", "kind", "texts"),
    [
        (["007", "", None], pa.string(), ["007", "", None]),
        (["a", None, "a"], pa.dictionary(pa.int8(), pa.string()), ["a", None, "a"]),
        ([b"\xe5\x9f\x8e"], pa.binary(), ["城"]),
        ([-1, 2**63 - 1, None], pa.int64(), ["-1", "9223372036854775807", None]),
        ([2**64 - 1], pa.uint64(), ["18446744073709551615"]),
        ([3.0, 0.1, float("nan"), 2.0**53, 1e300, None], pa.float64(), ["3", "0.1", None, "9007199254740992", "1e+300", None]),
        ([0.1, 3.0], pa.float32(), ["0.1", "3"]),
        ([Decimal("1.50"), Decimal("-0.00"), None], pa.decimal128(12, 2), ["1.50", "0.00", None]),
        ([Decimal("0.00000000100"), Decimal("12345678901234567890123456.1")], pa.decimal128(38, 11), ["0.00000000100", "12345678901234567890123456.10000000000"]),
        ([True, False, None], pa.bool_(), ["true", "false", None]),
        ([dt.date(2026, 2, 28), None], pa.date32(), ["2026-02-28", None]),
        ([NOON, NOON.replace(microsecond=120)], pa.timestamp("us"), ["2026-01-01 12:00:00", "2026-01-01 12:00:00.000120"]),
        ([NOON], pa.timestamp("ns"), ["2026-01-01 12:00:00"]),
        ([dt.datetime(2026, 1, 1, 4, tzinfo=dt.UTC), None], pa.timestamp("ms", "Asia/Shanghai"), ["2026-01-01 04:00:00Z", None]),
        ([dt.time(8, 1)], pa.time64("us"), ["08:01:00"]),
        ([["a", "b"], [], None], pa.list_(pa.string()), ['["a","b"]', "", ""]),
        ([{"to": 4, "why": "越级"}], pa.struct([("to", pa.int8()), ("why", pa.string())]), ['{"to":"4","why":"\\u8d8a\\u7ea7"}']),
        ([None, None], pa.null(), [None, None]),
    ],
)  # fmt: skip
def test_a_value_of_each_type_becomes_its_text(values: list[object], kind: pa.DataType, texts: list[str | None]) -> None:
    column = (
        pa.array(values, kind.value_type).dictionary_encode().cast(kind)
        if pa.types.is_dictionary(kind)
        else pa.array(values, kind)
    )
    reading = _read(_bytes(pa.table({"列": column})))
    assert (reading.header, reading.records, reading.record_rule) == (["列"], len(values), "")
    assert [row[1] or None for row in _rows(reading)] == [text or None for text in texts]


def test_a_time_with_a_zone_comes_to_the_citys_clock() -> None:
    kind = pa.timestamp("us", "America/New_York")
    reading = _read(_bytes(pa.table({"at": pa.array([dt.datetime(2026, 1, 1, 4, tzinfo=dt.UTC)], kind)})))
    text = next(iter(reading.batches))["c0"]
    assert parse_time.parse(text, forms=(), zone="Asia/Shanghai")["value"].to_list() == [NOON]


def test_a_time_of_the_old_form_is_utc_as_the_systems_that_write_it_mean_it() -> None:
    nested = pa.array([{"at": NOON}], pa.struct([("at", pa.timestamp("ns"))]))
    table = pa.table({"at": pa.array([NOON], pa.timestamp("ns")), "area": nested})
    old, new = _bytes(table, use_deprecated_int96_timestamps=True), _bytes(table)
    assert _rows(_read(old, ("area.at",))) == [(1, "2026-01-01 12:00:00Z", "2026-01-01 12:00:00Z")]
    assert _rows(_read(new, ("area.at",))) == [(1, "2026-01-01 12:00:00", "2026-01-01 12:00:00")]
    far = _bytes(pa.table({"at": pa.array([dt.datetime(3020, 1, 1)], pa.timestamp("us"))}), use_deprecated_int96_timestamps=True)
    assert _rows(_read(far)) == [(1, "3020-01-01 00:00:00Z")]  # nanoseconds would turn round in 2262


def test_records_are_numbered_through_row_groups_and_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_parquet, "BATCH_ROWS", 7)
    reading = _read(_bytes(pa.table({"n": range(1, 101)}), row_group_size=30))
    assert [(row[0], row[1]) for row in _rows(reading)] == [(n, str(n)) for n in range(1, 101)]


def test_a_struct_is_parted_only_where_the_binding_names_a_path() -> None:
    area = pa.array(
        [{"code": "1", "xy": {"x": 2}}, None], pa.struct([("code", pa.string()), ("xy", pa.struct([("x", pa.int8())]))])
    )
    data = _bytes(pa.table({"area": area}))
    assert _rows(_read(data)) == [(1, '{"code":"1","xy":{"x":"2"}}'), (2, "")]
    parted = _read(data, ("area.code",))
    assert (parted.header, _rows(parted)) == (["area.code", "area.xy.x"], [(1, "1", "2"), (2, None, None)])
    kept = _read(data, ("area.code", "area.xy"))
    assert (kept.header, _rows(kept)[0]) == (["area.code", "area.xy"], (1, "1", '{"x":"2"}'))


GOOD = _bytes(pa.table({"a": [f"value {n}" for n in range(2000)]}), compression="none", use_dictionary=False)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1PAR1", GOOD[: len(GOOD) // 2], GOOD[:-5], b"a,b\n1,2\n"])
def test_a_damaged_file_is_held(data: bytes) -> None:
    with pytest.raises(FileHeld, match="not readable as Parquet"):
        _read(data)


def test_a_page_that_was_changed_is_held_with_the_row_it_broke_at() -> None:
    at = 4
    with pytest.raises(FileHeld, match="not readable after row 0"):
        _rows(_read(GOOD[:at] + b"\xff" * 12 + GOOD[at + 12 :]))


def test_a_name_that_stands_twice_and_bytes_that_are_no_text_are_held() -> None:
    with pytest.raises(FileHeld, match="two columns are called 'a'"):
        _read(_bytes(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])))
    with pytest.raises(FileHeld, match="column 'a' of type binary has no text"):
        _rows(_read(_bytes(pa.table({"a": pa.array([b"\xff"], pa.binary())}))))
    with pytest.raises(FileHeld, match="no agreed text"):
        _rows(_read(_bytes(pa.table({"a": pa.array([dt.timedelta(1)])}))))


def test_a_table_without_rows_has_a_header_and_no_record() -> None:
    reading = _read(_bytes(pa.table({"a": pa.array([], pa.int8())})))
    assert (reading.header, reading.records, _rows(reading)) == (["a"], 0, [])
