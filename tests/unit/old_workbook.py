"""A writer of old workbooks (BIFF 8 in a compound file), as small as a reader accepts; only for tests."""

from __future__ import annotations

import struct

Cell = str | float | int | None
SECTOR, FREE, LAST, FAT_MARK = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _begin(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))


def _text(value: str) -> bytes:
    return struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")


def sheet_stream(rows: list[list[Cell]], merges: list[tuple[int, int, int, int]] = []) -> bytes:  # noqa: B006
    """One worksheet: None is no cell, an empty text is a cell that holds one; merges as (top, left, bottom, right)."""
    out = _begin(0x10)
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            at = struct.pack("<HHH", row, column, 0)
            if isinstance(value, str):
                out += _record(0x0204, at + _text(value))
            elif value is not None:
                out += _record(0x0203, at + struct.pack("<d", value))
    if merges:
        areas = b"".join(struct.pack("<HHHH", top, bottom, left, right) for top, left, bottom, right in merges)
        out += _record(0x00E5, struct.pack("<H", len(merges)) + areas)
    return out + _record(0x000A, b"")


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file with these streams, each padded to the size from which it stands in whole sectors."""
    padded = {name: data.ljust(4096, b"\0") for name, data in streams.items()}
    chains: list[int] = []
    entries = [("Root Entry", 5, LAST, 0)]
    body = b""
    for name, data in padded.items():
        first, count = len(chains), -(-len(data) // SECTOR)
        chains += [*range(first + 1, first + count), LAST]
        body += data.ljust(count * SECTOR, b"\0")
        entries.append((name, 2, first, len(data)))
    directory = b""
    for at, (name, kind, first, size) in enumerate(entries):
        raw = name.encode("utf-16-le") + b"\0\0"
        right = at + 1 if 0 < at < len(entries) - 1 else FREE
        tree = struct.pack("<BBIII", kind, 1, FREE, right, 1 if at == 0 and len(entries) > 1 else FREE)
        directory += (raw.ljust(64, b"\0") + struct.pack("<H", len(raw)) + tree).ljust(0x74, b"\0") + struct.pack(
            "<IQ", first, size
        )
    count = -(-len(directory) // SECTOR)
    first_entry = len(chains)
    chains += [*range(first_entry + 1, first_entry + count), LAST]
    body += directory.ljust(count * SECTOR, b"\0")
    fats = 1
    while (len(chains) + fats) * 4 > fats * SECTOR:
        fats += 1
    places = list(range(len(chains), len(chains) + fats))
    table = b"".join(struct.pack("<I", at) for at in [*chains, *[FAT_MARK] * fats]).ljust(fats * SECTOR, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIIII", 0, fats, first_entry, 0, 4096, LAST, 0, LAST, 0, places[0])
    head += b"".join(struct.pack("<I", at) for at in places[1:])
    return head.ljust(SECTOR, b"\xff") + body + table


def book_stream(sheets: dict[str, bytes], extra: bytes = b"") -> bytes:
    """The stream of a workbook with these sheets; `extra` are records of the book itself."""
    names = [name.encode("utf-16-le") for name in sheets]
    globals_size = len(_begin(5)) + len(extra) + sum(4 + 8 + len(name) for name in names) + 4
    out, at = _begin(5) + extra, globals_size
    for name, data in zip(names, sheets.values(), strict=True):
        out += _record(0x0085, struct.pack("<IBBBB", at, 0, 0, len(name) // 2, 1) + name)
        at += len(data)
    return out + _record(0x000A, b"") + b"".join(sheets.values())


def xls_bytes(pages: dict[str, list[list[Cell]]]) -> bytes:
    """An old workbook whose sheets hold these cells."""
    return compound({"Workbook": book_stream({name: sheet_stream(rows) for name, rows in pages.items()})})
