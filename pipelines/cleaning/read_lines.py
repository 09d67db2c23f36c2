"""Read JSON lines: one object a line, as batches of text columns under its keys.

Belongs here: counting lines, which of them are an object, every value as the text that was written. Does not: one array of
objects (read_array), which key is which column (judge), what a text means (parse). A number keeps its digits (`1.50` stays
`1.50`); a list or an object stays JSON, in ASCII, so that tidying texts cannot break it. Only where the binding names a
dotted path below a key does every value below it become a cell of its own. Keys may come in any order and be missing: then
the cell is empty.
"""

from __future__ import annotations

import codecs
import io
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NoReturn

import polars as pl

from pipelines.cleaning import decode
from pipelines.cleaning.read import Opener, Reading
from pipelines.core.errors import FileHeld

LINE_RULE = "record-json"
#: Records of one batch; fewer than of a CSV file, because each is an object of Python until the batch is built.
BATCH_ROWS = 50_000


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys differ: of two values under one key nobody can say which was meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=str, parse_int=str, parse_constant=_refuse_constant
)  # fmt: skip


def record(line: str) -> dict[str, Any]:
    """The object of one line, numbers as text. Raises ValueError for anything else, and for text that UTF-8 cannot hold."""
    try:
        found = _DECODER.decode(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("the line is no object")
    if "\\u" in line:  # only an escape can bring half of a surrogate pair
        json.dumps(found, ensure_ascii=False).encode()
    return found


def flat(found: dict[str, Any], paths: tuple[str, ...]) -> dict[str, Any]:
    """The object with those of its objects parted into dotted keys below which `paths` name something.

    Raises ValueError where a dotted key stands beside an object that holds the same.
    """
    opened = {path.partition(".")[0] for path in paths}
    if not any(isinstance(found.get(key), dict) for key in opened):
        return found
    pairs: list[tuple[str, Any]] = []
    for key, value in found.items():
        pairs += _leaves(key, value, paths) if key in opened and isinstance(value, dict) else [(key, value)]
    return _once(pairs)


def _leaves(name: str, value: dict[str, Any], paths: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        dotted = f"{name}.{key}"
        if isinstance(inner, dict) and dotted not in paths:
            yield from _leaves(dotted, inner, paths)
        else:
            yield dotted, inner


def cell_text(value: Any) -> str:
    """A value as text: null is an empty cell, an empty list or object too."""
    if isinstance(value, str):
        return value
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, separators=(",", ":"))


def _count(stream: BinaryIO, encoding: str) -> int:
    """The independent counter: line ends in the decoded text, and what follows the last. Raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    ends, last = 0, "\n"
    while True:
        piece = stream.read(decode.PIECE)
        text = decoder.decode(piece, final=not piece)
        ends += text.count("\n")
        last = text[-1:] or last
        if not piece:
            return ends + (last != "\n")


def counted_by(count: Callable[[BinaryIO, str], int], open_bytes: Opener, *, declared: str, name: str) -> tuple[str, int]:
    """Encoding and what `count` finds, under the first encoding of the ladder that reads all of the file."""
    with open_bytes() as stream:
        encodings = decode.ladder(stream.read(4), declared)
    for encoding in encodings:
        try:
            with open_bytes() as stream:
                return encoding, count(stream, encoding)
        except UnicodeDecodeError as error:
            decode.refuse_cut(error, name)
            continue
        except LookupError as error:
            raise FileHeld(f"unknown encoding {encoding!r}", where=name, remedy="mend encoding: in the binding") from error
    with open_bytes() as stream:
        offset = decode.first_bad_byte(stream, encodings[-1])
    raise FileHeld(
        f"bytes that are not {' nor '.join(encodings)}, first at byte {offset}", where=name,
        remedy="state the encoding in the binding, or ask the department to send the file again",
    )  # fmt: skip


def _lines(open_bytes: Opener, encoding: str) -> Iterator[tuple[int, str]]:
    """Each line with its number. Only a line feed ends one: U+2028 and others may stand inside a JSON string."""
    with open_bytes() as stream:
        yield from enumerate(io.TextIOWrapper(stream, encoding=encoding, newline="\n"), start=1)


def _refuse_cut(line: str, number: int, name: str) -> None:
    """A last line that opens an object, does not close it and has no end is where the file was cut off.

    What followed nobody can know, so the file is held whole; a broken line elsewhere costs that line alone.
    """
    text = line.strip()
    if not line.endswith("\n") and text.startswith("{") and not text.endswith("}"):
        raise FileHeld(
            f"the file ends inside record {number}: it was cut off", where=name, remedy="ask the department to send it again"
        )


def read_jsonl(open_bytes: Opener, *, declared: str, name: str, paths: tuple[str, ...] = ()) -> Reading:
    """A file of JSON lines; its header is every key that some line has, in the order of first use.

    A blank line is no data. A line that is no JSON object, or has a key twice, is a record of its own number that no batch
    holds (`ragged`). A file without a line is one without records: an hour in which nothing happened. `paths` are the dotted
    names that the binding uses. Raises FileHeld if the file cannot be decoded, is cut off, if the two counts of its lines
    differ, or if no line of several is an object.
    """
    encoding, counted = counted_by(_count, open_bytes, declared=declared, name=name)
    keys: dict[str, None] = {}
    blank: list[int] = []
    broken: dict[int, list[str]] = {}
    number = 0
    for number, line in _lines(open_bytes, encoding):
        if not line.strip():
            blank.append(number)
            continue
        try:
            keys.update(dict.fromkeys(flat(record(line), paths)))
        except ValueError:
            _refuse_cut(line, number, name)
            broken[number] = [line.rstrip("\r\n")]
    if number != counted:
        raise FileHeld(
            f"two readers disagree: {counted} lines by one, {number} by the other", where=name,
            remedy="report it with the file's first lines; the file is kept and was not loaded",
        )  # fmt: skip
    if broken and not keys:
        raise FileHeld("no line is a JSON object", where=name, remedy="compare format: in the binding with the file")
    good = (
        (number, flat(record(line), paths))
        for number, line in _lines(open_bytes, encoding) if number not in broken and line.strip()
    )  # fmt: skip
    return Reading(list(keys), counted, encoding, batches_of(good, list(keys)), blank, broken, LINE_RULE)


def batches_of(objects: Iterator[tuple[int, dict[str, Any]]], header: list[str]) -> Iterator[pl.DataFrame]:
    """Batches of text columns, one for each key of the header, of objects with their record numbers."""
    while piece := list(itertools.islice(objects, BATCH_ROWS)):
        data = {
            f"c{at}": pl.Series([cell_text(found.get(key)) for _, found in piece], dtype=pl.String)
            for at, key in enumerate(header)
        }
        yield pl.DataFrame({"_record_no": pl.Series([number for number, _ in piece], dtype=pl.Int64), **data})
