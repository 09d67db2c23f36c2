"""Count rows and columns of an old workbook (XLS) from its own records: the counter beside calamine.

Belongs here: walking the records of BIFF 5 and 8 ([MS-XLS]) as far as their kind and place. Does not: reading a value.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pipelines.cleaning.compound import NotCompound

BEGIN, END, SHEET, LOCKED = 0x0809, 0x000A, 0x0085, 0x002F
#: Records of one cell with a value: formula, number, text (shared, own, rich), packed number, boolean or error.
CELLS = (0x0006, 0x0203, 0x00FD, 0x0204, 0x00D6, 0x027E, 0x0205)
PACKED_ROW = 0x00BD


class Locked(ValueError):
    """The workbook is encrypted."""


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _extent(stream: bytes, at: int) -> tuple[int, int]:
    """Last row and last column, from 1, with a value in the sheet that begins at a place of the stream."""
    last = widest = depth = 0
    for kind, body in _records(stream, at):
        if kind == BEGIN:
            depth += 1
        elif kind == END:
            depth -= 1
            if depth == 0:
                return last, widest
        elif depth == 1 and (kind in CELLS or kind == PACKED_ROW):
            row, column = struct.unpack_from("<HH", body)
            if kind == PACKED_ROW:
                column = struct.unpack_from("<H", body, len(body) - 2)[0]
            last, widest = max(last, row + 1), max(widest, column + 1)
    raise NotCompound("its records never end: it was cut off")


def extents(parts: dict[str, bytes]) -> list[tuple[int, int]]:
    """Rows and columns up to the last with a value, of each worksheet in the order of the book.

    Raises NotCompound if there is no workbook or it is cut off, Locked if it is encrypted.
    """
    stream = parts.get("Workbook", parts.get("Book"))
    if stream is None:
        raise NotCompound("it holds no workbook")
    places = []
    for kind, body in _records(stream, 0):
        if kind == LOCKED:
            raise Locked
        if kind == SHEET and body[5] == 0:  # 0 is a worksheet; charts and macros have numbers of their own
            places.append(struct.unpack_from("<I", body)[0])
        if kind == END:
            break
    else:
        raise NotCompound("its records never end: it was cut off")
    return [_extent(stream, place) for place in places]
