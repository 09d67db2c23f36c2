"""JSON lines: a line is a record whatever stands in it, and a value is the text that was written."""

from __future__ import annotations

import io
import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning import parse, read_lines
from pipelines.cleaning.read import Reading
from pipelines.core.contracts import Column, parse_contract
from pipelines.core.errors import FileHeld


def _read(data: bytes, declared: str = "") -> Reading:
    return read_lines.read_jsonl(lambda: io.BytesIO(data), declared=declared, name="x.jsonl")


def _rows(reading: Reading) -> list[tuple[object, ...]]:
    frames = list(reading.batches)
    return pl.concat(frames).rows() if frames else []


def test_every_value_is_the_text_that_was_written() -> None:
    line = '{"a": 1.50, "b": 12345678901234567890, "c": true, "d": false, "e": null, "f": "007", "g": 1E+2, "h": "", "i": -0}'
    reading = _read(line.encode())
    assert reading.header == list("abcdefghi")
    assert _rows(reading) == [(1, "1.50", "12345678901234567890", "true", "false", "", "007", "1E+2", "", "-0")]


def test_keys_come_in_any_order_and_may_be_missing() -> None:
    reading = _read(b'{"a": "1", "b": "2"}\n{"c": "3", "a": "4"}\n')
    assert (reading.header, _rows(reading)) == (["a", "b", "c"], [(1, "1", "2", ""), (2, "4", "", "3")])


def test_nested_values_stay_json_in_ascii() -> None:
    reading = _read('{"called": ["城管局", "a\\"b"], "moves": [{"to": 4, "why": "越级"}], "none": [], "also": {}}'.encode())
    called, moves, *rest = (str(cell) for cell in _rows(reading)[0][1:])
    assert called.isascii()
    assert json.loads(called) == ["城管局", 'a"b']
    assert json.loads(moves) == [{"to": "4", "why": "越级"}]
    assert rest == ["", ""]


BROKEN = ['{"a": 1', "[1, 2]", "7", "null", '"text"', "{'a': 1}", '{"a": NaN}', '{"a": 1} x', '{"a": "\\ud800"}', "{" * 5000]


@pytest.mark.parametrize("line", [*BROKEN, '{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 1}}', "[" * 100_000, '{"a": "\t"}'])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_line_that_is_no_object_is_kept_apart_with_its_number(line: str, at: int) -> None:
    lines = ['{"a": 1}', '{"a": 2}']
    lines.insert(at - 1, line)
    reading = _read("".join(text + "\n" for text in lines).encode())
    rows = _rows(reading)
    assert (reading.records, reading.nondata, reading.record_rule) == (3, [], "record-json")
    assert reading.ragged == {at: [line]}
    assert [row[0] for row in rows] == [n for n in (1, 2, 3) if n != at]
    assert [row[1] for row in rows] == ["1", "2"]


def test_blank_lines_are_no_data_and_a_last_line_needs_no_end() -> None:
    for end in ("", "\n"):
        reading = _read(b'\n{"a": 1}\r\n  \r\n{"a": 2}' + end.encode())
        assert (reading.records, reading.nondata, _rows(reading)) == (4, [1, 3], [(2, "1"), (4, "2")])


def test_only_a_line_feed_ends_a_line() -> None:
    text = "one\u2028two\u0085three\u2029"
    reading = _read(json.dumps({"a": text}, ensure_ascii=False).encode() + b"\n")
    assert (reading.records, _rows(reading)) == (1, [(1, text)])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_reads_each_encoding_of_the_ladder(encoding: str) -> None:
    assert _rows(_read('{"名称": "𠮷祥路"}\n{"名称": "乙"}'.encode(encoding))) == [(1, "𠮷祥路"), (2, "乙")]


def test_says_at_which_byte_no_encoding_fits() -> None:
    with pytest.raises(FileHeld, match="bytes that are not utf-8, first at byte 7"):
        _read(b'{"a": "\xff"}', "utf-8")


def test_an_hour_in_which_nothing_happened_is_a_file_without_records() -> None:
    for data in (b"", b"\xef\xbb\xbf"):
        reading = _read(data)
        assert (reading.records, reading.header, _rows(reading)) == (0, [], [])


def test_a_file_of_another_format_is_held() -> None:
    with pytest.raises(FileHeld, match="no line is a JSON object"):
        _read("编号,名称\n1,甲\n".encode())


SCALAR = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.lists(st.text(max_size=4), max_size=3))
RECORD = st.dictionaries(st.text(max_size=4), SCALAR, max_size=4)
PIECES = ['{"a": 1}', '{"a": 1', "", " ", "[]", '{"a": 1, "a": 1}', '{"b": "\\u2028"}', "\r", '{"c": null}']


@settings(max_examples=150, deadline=None)
@given(st.lists(RECORD, min_size=1, max_size=20), st.booleans())
def test_any_records_that_python_writes_come_back_value_by_value(records: list[dict[str, object]], ascii_only: bool) -> None:
    text = "\n".join(json.dumps(record, ensure_ascii=ascii_only) for record in records)
    reading = _read(text.encode("utf-8", "surrogatepass"), "utf-8")
    found = [dict(zip(reading.header, row[1:], strict=True)) for row in _rows(reading)]
    for record, cells in zip(records, found, strict=True):
        for key, value in record.items():
            told = {True: "true", False: "false", None: ""}[value] if value is None or isinstance(value, bool) else value
            if isinstance(value, list):
                assert json.loads(cells[key] or "[]") == value
            else:
                assert cells[key] == str(told)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_no_line_is_lost(lines: list[str], end: str) -> None:
    data = "".join(line + end for line in lines)
    try:
        reading = _read(data.encode())
    except FileHeld:
        assert "{" not in data.replace('{"a": 1\r', "").replace('{"a": 1\n', "").replace('{"a": 1, "a": 1}', "")
        return
    assert reading.records == data.count("\n")
    assert len(_rows(reading)) + len(reading.ragged) + len(reading.nondata) == reading.records


# --- lists in typed columns


CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: moves
name: Moves
version: 1.0.0
status: active
customProperties: [{property: entity, value: event}]
schema:
  - name: moves
    properties:
      - {name: called, logicalType: string, classification: P1, customProperties: [{property: list, value: true}]}
      - {name: moves, logicalType: string, classification: P1,
         customProperties: [{property: list, value: true}, {property: fields, value: {from_level: [原层级], to_level: []}}]}
"""


def _parsed(name: str, *texts: str | None) -> tuple[list[object], list[str | None]]:
    columns: list[Column] = [parse_contract(CONTRACT, where="x").column(name)]
    raw = pl.DataFrame({name: pl.Series(texts, dtype=pl.String)})
    parsed = parse.parse_columns(columns, raw, forms=(), zone="Asia/Shanghai")
    marks = parsed.marks[0].to_list() if parsed.marks else [None] * len(texts)
    return parsed.typed[name].to_list(), marks


def test_a_list_from_json_and_one_from_a_table_read_alike() -> None:
    told = json.dumps(["城管局 ", "住建局\uff08东区\uff09", "甲、乙"])
    assert _parsed("called", told, "城管局、住建局", None, "[]") == (
        [["城管局", "住建局(东区)", "甲、乙"], ["城管局", "住建局"], None, None], [None] * 4
    )  # fmt: skip


def test_of_objects_only_the_fields_of_the_contract_land() -> None:
    told = json.dumps([{"原层级": 5, "to_level": "4", "操作人": "某人"}, {"to_level": "3|x"}])
    assert _parsed("moves", told) == ([["5|4", "|3 x"]], [None])


def test_a_member_of_another_kind_is_flagged_and_does_not_land() -> None:
    assert _parsed("called", '["a", {"name": "某人"}, ["b"]]') == ([["a"]], ["called:member_dropped"])
    assert _parsed("moves", '["某人"]', None) == ([None, None], ["moves:member_dropped", None])


def test_a_bracket_that_is_no_json_is_text() -> None:
    assert _parsed("called", "[甲、乙") == ([["[甲", "乙"]], [None])


# --- cut off, nested


@pytest.mark.parametrize("rest", ['{"a": 2', '{"a": "乙', '{"a": {"b": [1,', '{"', "{"])
def test_a_file_that_ends_inside_an_object_is_held_whole(rest: str) -> None:
    with pytest.raises(FileHeld, match="the file ends inside record 2: it was cut off"):
        _read(('{"a": 1}\n' + rest).encode())


def test_a_dotted_path_of_the_binding_parts_the_object_it_reaches_into() -> None:
    line = (
        b'{"id": 1, "at": {"area": {"code": "9901", "name": "x"}, "xy": [1.50, 2]}, "by": {"name": "y"}}\n{"id": 2, "at": null}\n'
    )
    reading = read_lines.read_jsonl(lambda: io.BytesIO(line), declared="", name="x", paths=("at.area.code", "at.gone"))
    assert reading.header == ["id", "at.area.code", "at.area.name", "at.xy", "by", "at"]
    assert _rows(reading) == [(1, "1", "9901", "x", '["1.50","2"]', '{"name":"y"}', ""), (2, "2", "", "", "", "", "")]
    whole = read_lines.read_jsonl(lambda: io.BytesIO(line), declared="", name="x", paths=("at.area",))
    assert dict(zip(whole.header, _rows(whole)[0][1:], strict=True))["at.area"] == '{"code":"9901","name":"x"}'


def test_a_dotted_key_beside_the_object_that_holds_it_breaks_the_record() -> None:
    line = b'{"a": {"b": 1}, "a.b": 2}\n{"a": {"b": 3}}\n'
    reading = read_lines.read_jsonl(lambda: io.BytesIO(line), declared="", name="x", paths=("a.b",))
    assert (list(reading.ragged), _rows(reading)) == ([1], [(2, "3")])
