"""Read one JSON array of objects in bounded memory.

Belongs here: walking from element to element, counting them a second time by brackets and commas. Does not: a line an
object (read_lines). An array is one JSON text: where it breaks, nobody can say where the next element begins, so a fault of
its syntax holds the file whole. An element that is well written but no object, or that has a key twice, costs itself alone.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, TextIO

from pipelines.cleaning import decode
from pipelines.cleaning.read import Opener, Reading
from pipelines.cleaning.read_lines import LINE_RULE, batches_of, counted_by, flat
from pipelines.core.errors import FileHeld

#: Characters of the longest element that is read; one that never closes must not fill the memory.
LONGEST_RECORD = 64 << 20
REMEDY = "ask the department to send it again, or as JSON lines"
_BLANK = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+("|\\?\Z)|[\[\]{},]|[^\s\[\]{},":]++', re.DOTALL)
_OPENS_ARRAY = re.compile(r"\ufeff?\s*\[\s*(?:[{\]]|\Z)")


def is_array(open_bytes: Opener, declared: str) -> bool:
    """Whether the file begins as an array of objects rather than as lines."""
    with open_bytes() as stream:
        head = stream.read(256)
    text = head.decode(decode.ladder(head, declared)[0], errors="replace")
    return _OPENS_ARRAY.match(text) is not None


def _count(stream: BinaryIO, encoding: str) -> int:
    """The independent counter: commas between the outermost brackets, and one. Raises EOFError if a bracket never closes."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    depth, commas, is_filled, tail = 0, 0, 0, ""
    while True:
        piece = stream.read(decode.PIECE)
        text, tail = tail + decoder.decode(piece, final=not piece), ""
        for token in _TOKEN.finditer(text):
            sign = token[0][0]
            if sign == '"' and token[1] != '"':
                tail = token[0]
                break
            if depth == 1 and sign != "]":
                commas, is_filled = commas + (sign == ","), 1
            depth += (sign in "[{") - (sign in "]}")
        if not piece:
            if tail or depth:
                raise EOFError
            return commas + is_filled


class _Walk:
    """The text of an array as far as it is read, and where the walk stands in it."""

    def __init__(self, text: TextIO) -> None:
        self._text, self._held, self._at, self._before = text, "", 0, 0
        self._faults: list[str] = []
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._once, parse_float=str, parse_int=str, parse_constant=self._faults.append
        )

    def _once(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            self._faults.append("a key stands twice")
        return found

    def _more(self) -> bool:
        piece = self._text.read(max(decode.PIECE, len(self._held) - self._at))
        if piece:
            self._held, self._before, self._at = self._held[self._at :] + piece, self._before + self._at, 0
        return bool(piece)

    @property
    def place(self) -> int:
        """Characters before where the walk stands."""
        return self._before + self._at

    def sign(self) -> str:
        """The next character that is no blank, not yet taken; empty at the end."""
        while True:
            match = _BLANK.match(self._held, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._held) or not self._more():
                return self._held[self._at : self._at + 1]

    def take(self) -> None:
        """Step over the sign."""
        self._at += 1

    def value(self) -> tuple[dict[str, Any] | None, str]:
        """The next value if it is an object whose keys differ, else None; and its text. Raises ValueError for no JSON."""
        self.sign()
        while True:
            self._faults.clear()
            try:
                found, end = self._decoder.raw_decode(self._held, self._at)
            except (ValueError, RecursionError) as error:
                if len(self._held) - self._at > LONGEST_RECORD or not self._more():
                    raise ValueError(getattr(error, "msg", "nested too deeply")) from error
                continue
            if end == len(self._held) and self._more():
                continue
            text, self._at = self._held[self._at : end], end
            return (found if isinstance(found, dict) and not self._faults and _is_text(found, text) else None), text


def _is_text(found: dict[str, Any], text: str) -> bool:
    """Whether UTF-8 can hold it: only an escape can bring half of a surrogate pair."""
    try:
        return "\\u" not in text or bool(json.dumps(found, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        return False


def _elements(open_bytes: Opener, encoding: str, name: str) -> Iterator[tuple[int, dict[str, Any] | None, str]]:
    """Each element with its number, as an object if it is one, and as its text. Raises FileHeld where the array breaks."""
    with open_bytes() as stream:
        walk = _Walk(io.TextIOWrapper(stream, encoding=encoding, newline=""))
        number, sign = 0, walk.sign()
        walk.take()
        while sign in ("[", ",") and not (number == 0 and walk.sign() == "]"):
            number += 1
            try:
                yield number, *walk.value()
            except ValueError as error:
                what = f"record {number}, from character {walk.place}, is no JSON ({error})"
                raise FileHeld(what, where=name, remedy=REMEDY) from error
            if (sign := walk.sign()) != ",":
                break
            walk.take()
        if walk.sign() != "]":
            raise FileHeld(f"the array breaks after record {number}, at character {walk.place}", where=name, remedy=REMEDY)
        walk.take()
        if walk.sign():
            raise FileHeld(f"something follows the array, at character {walk.place}", where=name, remedy=REMEDY)


def read_array(open_bytes: Opener, *, declared: str, name: str, paths: tuple[str, ...] = ()) -> Reading:
    """One array; its header is every key that some object has, in the order of first use.

    An element that is no object, or has a key twice, is a record of its own number that no batch holds (`ragged`). Raises
    FileHeld if the file cannot be decoded, is cut off or breaks the syntax, or if the two counts of its elements differ.
    """
    try:
        encoding, counted = counted_by(_count, open_bytes, declared=declared, name=name)
    except EOFError as error:
        raise FileHeld("the array never closes: the file was cut off", where=name, remedy=REMEDY) from error
    keys: dict[str, None] = {}
    broken: dict[int, list[str]] = {}
    number = 0
    for number, found, text in _elements(open_bytes, encoding, name):
        try:
            keys.update(dict.fromkeys(_object(found, paths)))
        except ValueError:
            broken[number] = [text]
    if number != counted:
        raise FileHeld(f"two readers disagree: {counted} records by one, {number} by the other", where=name, remedy=REMEDY)
    if broken and not keys:
        raise FileHeld("no element is a JSON object", where=name, remedy="compare format: in the binding with the file")
    good = ((n, _object(found, paths)) for n, found, _ in _elements(open_bytes, encoding, name) if n not in broken)
    return Reading(list(keys), counted, encoding, batches_of(good, list(keys)), [], broken, LINE_RULE)


def _object(found: dict[str, Any] | None, paths: tuple[str, ...]) -> dict[str, Any]:
    if found is None:
        raise ValueError("no object")
    return flat(found, paths)
