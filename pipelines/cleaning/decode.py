"""Decode: from bytes to counted records. The encoding ladder and the independent counter.

Belongs here: which encoding a file has, how many records it holds, which records have the wrong width. Does not: what the
columns mean (parse), who may see them (privacy). Python's `csv` counts; the reader that yields columns is another
(read_csv), and the two must agree: DuckDB's and others' CSV sniffers lose rows silently (duckdb/duckdb#25827, 2026-09).
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from pipelines.core.errors import SEND_AGAIN, FileHeld, said_by

csv.field_size_limit(sys.maxsize)

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
PIECE = 1 << 20
#: A header is looked for in so many rows from the first that is not blank.
HEADER_SEARCH_ROWS = 20
#: From so many cells on a row is no text that happens to hold a delimiter.
SURELY_COLUMNS = 3


@dataclass(slots=True)
class Count:
    """What the independent counter found in a CSV file.

    `records` counts every record but the header, blank lines and titles above it included; ordinals start at 1. `titles`: how
    many of them stand above the header, which are in `blank` too. `is_ended`: the last line has its end, without which nobody
    can tell a whole file from one that was cut off in its last cell.
    """

    encoding: str
    header: list[str]
    header_lines: int
    records: int = 0
    lines: int = 0
    blank: list[int] = field(default_factory=list)
    ragged: dict[int, list[str]] = field(default_factory=dict)
    is_ended: bool = True
    titles: int = 0

    @property
    def well_formed(self) -> int:
        """Records as wide as the header."""
        return self.records - len(self.blank) - len(self.ragged)

    @property
    def has_newlines_in_values(self) -> bool:
        """Whether some value spans lines."""
        return self.lines != self.records - self.titles


def ladder(head: bytes, declared: str) -> list[str]:
    """Encodings to try in order: byte order mark, else the binding's, else strict UTF-8, else strict GB18030.

    A declared encoding is the only one tried: Big5 text also decodes as GB18030, to wrong characters.
    """
    for mark, name in BOMS:
        if head.startswith(mark):
            return [name]
    return [declared] if declared else ["utf-8", "gb18030"]


def first_bad_byte(stream: BinaryIO, encoding: str) -> int | None:
    """Offset of the first byte that `encoding` cannot read, or None."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    offset = 0
    while True:
        piece = stream.read(PIECE)
        kept = len(decoder.getstate()[0])
        try:
            decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            return offset - kept + error.start
        if not piece:
            return None
        offset += len(piece)


def refuse_cut(error: UnicodeDecodeError, name: str) -> None:
    """Raise FileHeld for UTF-8 that is good up to a last character that is not whole: the file was cut off.

    The next encoding of the ladder would read it too, every character wrong.
    """
    if error.encoding.startswith("utf") and error.reason == "unexpected end of data":
        raise FileHeld("the file ends inside a character: it was cut off", where=name, remedy="ask for it again") from error


#: Handed to the reader as one more line after the last: it comes back alone unless it fell into a quote that nobody closed.
_END = "\x00end of file\x00"


class OpenQuote(ValueError):
    """A quote is opened and never closed; `record` is where, 0 the header."""

    def __init__(self, record: int) -> None:
        super().__init__(record)
        self.record = record


class _Tail(io.BufferedIOBase):
    """A stream that remembers how it ended."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._last = stream, b""

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._last = piece[-4:] or self._last
        return piece

    @property
    def is_ended(self) -> bool:
        return self._last.rstrip(b"\x00").endswith((b"\n", b"\r"))


def _titles(rows: list[list[str]]) -> int:
    """How many of the first rows are titles: of one filled cell at the most, above a row that most rows below are as wide as."""
    at = next((n for n, row in enumerate(rows) if sum(bool(cell.strip()) for cell in row) > 1), 0)
    width, below = len(rows[at]), [len(row) for row in rows[at:] if row]
    same = below.count(width)
    is_header = all(len(row) in (0, 1, width) for row in rows[:at]) and (same > 1 or width >= SURELY_COLUMNS)
    return at if is_header and 2 * same > len(below) else 0


def _count(stream: BinaryIO, encoding: str, delimiter: str) -> Count:
    tail = _Tail(stream)
    text = io.TextIOWrapper(cast("BinaryIO", tail), encoding=encoding, errors="strict", newline="")
    reader = csv.reader(itertools.chain(text, [_END]), delimiter=delimiter)
    numbered = ((reader.line_num, row) for row in reader)
    looked = list(itertools.islice(itertools.dropwhile(lambda one: not one[1], numbered), HEADER_SEARCH_ROWS))
    if looked[0][1] == [_END]:
        return Count(encoding, [], 0)
    titles = _titles([row for _, row in looked if row != [_END]])
    line, row = looked[titles]
    found = Count(encoding, row, line, blank=list(range(1, titles + 1)), titles=titles)
    width, at = len(row), titles
    for at, row in enumerate(itertools.chain((row for _, row in looked[titles + 1 :]), reader), start=titles + 1):
        if len(row) != width:
            if row:
                found.ragged[at] = row
            else:
                found.blank.append(at)
    if row != [_END]:
        raise OpenQuote(at)
    found.ragged.pop(at, None)  # of a file with one column the end is as wide as a record
    found.records, found.is_ended = at - 1, tail.is_ended
    found.lines = reader.line_num - found.header_lines - 1
    return found


def _is_swallowed(cell: str, delimiter: str) -> bool:
    """Whether a header cell holds what looks like lines of cells: a quote opened in it was closed by one of a record."""
    return len(cell.splitlines()) > 1 and cell.count(delimiter) > 1


def count_records(open_bytes: Callable[[], BinaryIO], *, declared: str, delimiter: str, name: str) -> Count:
    """Count a CSV file's records under the first encoding of the ladder that reads all of it.

    Raises FileHeld when none does (with the byte offset), or when there is no header.
    """
    with open_bytes() as stream:
        encodings = ladder(stream.read(4), declared)
    for encoding in encodings:
        try:
            with open_bytes() as stream:
                found = _count(stream, encoding, delimiter)
        except UnicodeDecodeError as error:
            refuse_cut(error, name)
            continue
        except LookupError as error:
            raise FileHeld(f"unknown encoding {encoding!r}", where=name, remedy="mend encoding: in the binding") from error
        except csv.Error as error:
            raise FileHeld(f"not readable as CSV: {said_by(error)}", where=name, remedy=SEND_AGAIN) from error
        except OpenQuote as error:
            place = f"record {error.record}" if error.record else "the header"
            raise FileHeld(f"a quote opened in {place} is never closed: what follows it cannot be told apart", where=name,
                           remedy=SEND_AGAIN) from error  # fmt: skip
        if swallowed := next((n for n, cell in enumerate(found.header, 1) if _is_swallowed(cell, delimiter)), 0):
            raise FileHeld(
                f"the header's cell {swallowed} runs over several lines and holds other cells: a quote is not closed", where=name,
                remedy=SEND_AGAIN,
            )  # fmt: skip
        if not found.header:
            raise FileHeld("the file is empty: no header", where=name, remedy=SEND_AGAIN)
        return found
    with open_bytes() as stream:
        offset = first_bad_byte(stream, encodings[-1])
    raise FileHeld(
        f"bytes that are not {' nor '.join(encodings)}, first at byte {offset}",
        where=name,
        remedy="state the encoding in the binding, or ask the department to send the file again",
    )


def csv_rows(open_bytes: Callable[[], BinaryIO], count: Count, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every well-formed record with its ordinal, by the reference reader (slow)."""
    with open_bytes() as stream:
        reader = csv.reader(io.TextIOWrapper(stream, encoding=count.encoding, newline=""), delimiter=delimiter)
        for row in reader:
            if row:
                break
        for number, row in enumerate(itertools.islice(reader, count.titles, None), start=count.titles + 1):
            if len(row) == len(count.header):
                yield number, row
