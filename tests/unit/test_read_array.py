"""One JSON array: walked and counted apart, held whole where its syntax breaks."""

from __future__ import annotations

import io
import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cleaning import decode, read_array, read_lines
from pipelines.cleaning.read import Reading
from pipelines.core.errors import FileHeld


def _read(data: bytes, declared: str = "", paths: tuple[str, ...] = ()) -> Reading:
    return read_array.read_array(lambda: io.BytesIO(data), declared=declared, name="x.json", paths=paths)


def _rows(reading: Reading) -> list[tuple[object, ...]]:
    frames = list(reading.batches)
    return pl.concat(frames).rows() if frames else []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[{}]", True), (" \n[\n {", True), ("[]", True), ("[ ]", True), ("\ufeff[{", True), ("[", True),
        ("[1]", False), ("{}", False), ("[[", False), ("", False), ("编号", False),
    ],
)  # fmt: skip
def test_tells_an_array_of_objects_from_lines(text: str, told: bool) -> None:
    assert read_array.is_array(lambda: io.BytesIO(text.encode()), "") is told
    assert read_array.is_array(lambda: io.BytesIO(text.encode("utf-16")), "") is told


def test_the_same_objects_as_lines_and_as_an_array_give_the_same_table() -> None:
    found = [{"编号": 1, "值": 1.5, "列": ["a", {"b": 2}], "at": {"x": "}],["}}, {"at": {"x": "甲"}, "编号": "02"}, {"新": '\\"'}]
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found).encode()
    by_line = read_lines.read_jsonl(lambda: io.BytesIO(lines), declared="", name="x", paths=("at.x",))
    rows = _rows(by_line)
    for indent in (None, 2):
        for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
            array = _read(json.dumps(found, ensure_ascii=False, indent=indent).encode(encoding), paths=("at.x",))
            assert (array.header, array.records, _rows(array)) == (by_line.header, by_line.records, rows)


@pytest.mark.parametrize(
    "element",
    ["7", "null", '"text"', "[1]", "[]", '{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 2}}', '{"a": NaN}', '{"a": "\\ud800"}'],
)
@pytest.mark.parametrize("at", [1, 2, 3])
def test_an_element_that_is_no_object_is_kept_apart_with_its_number(element: str, at: int) -> None:
    elements = ['{"a": 1}', '{"a": 2}']
    elements.insert(at - 1, element)
    reading = _read(("[" + ", ".join(elements) + "]").encode())
    assert (reading.records, reading.ragged, reading.record_rule) == (3, {at: [element]}, "record-json")
    assert [row[0] for row in _rows(reading)] == [n for n in (1, 2, 3) if n != at]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[{"a": 1}', "cut off"), ('[{"a": 1},', "cut off"), ('[{"a": "x', "cut off"), ('[{"a": "x\\', "cut off"), ("[", "cut off"),
        ('[{"a": 1},]', "record 2"), ('[{"a": 1} {"a": 2}]', "two readers disagree|breaks after record 1"), ('[{"a" 1}]', "record 1"),
        ('[{"a": 1}][{"a": 2}]', "follows|disagree"), ('[{"a": 1}] x', "follows"), ('[{"a": 1}, {"a": 2}}]', "record|breaks|cut"),
        ("[1, 2]", "no element is a JSON object"), ('[{"a": 1[}]', "record 1|cut"),
    ],
)  # fmt: skip
def test_a_broken_array_is_held_whole(text: str, what: str) -> None:
    with pytest.raises(FileHeld, match=what):
        _read(text.encode())


def test_an_empty_array_is_a_file_without_records() -> None:
    assert (_read(b"[ ]").records, _read(b"[]").header) == (0, [])


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(max_size=3), JSON, max_size=4), max_size=8), st.sampled_from([None, 1]), st.integers(1, 9)
)
def test_any_array_that_python_writes_is_read_in_pieces_of_any_size(
    found: list[dict[str, object]], indent: int | None, piece: int
) -> None:
    data = json.dumps(found, ensure_ascii=True, indent=indent).encode()
    lines = "".join(json.dumps(one) + "\n" for one in found).encode()
    before, decode.PIECE = decode.PIECE, piece
    try:
        reading = _read(data, "utf-8")
        rows = _rows(reading)
    finally:
        decode.PIECE = before
    expected = read_lines.read_jsonl(lambda: io.BytesIO(lines), declared="utf-8", name="x")
    assert (reading.header, reading.records, list(reading.ragged), rows) == (
        expected.header,
        len(found),
        list(expected.ragged),
        _rows(expected),
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(['{"a": 1}', ",", "[", "]", "{", "}", '"', "7", '"b"', ":", " "]), max_size=9))
def test_whatever_stands_in_it_nothing_is_lost_without_a_word(tokens: list[str]) -> None:
    data = "[" + "".join(tokens) + "]"
    try:
        expected = json.loads(data)
    except ValueError:
        with pytest.raises(FileHeld):
            _read(data.encode())
        return
    try:
        reading = _read(data.encode())
    except FileHeld:
        assert not any(isinstance(one, dict) and one for one in expected)
        return
    assert len(_rows(reading)) + len(reading.ragged) == reading.records == len(expected)
