"""Compound files: the streams inside an OLE container, in which old workbooks and locked new ones come.

Belongs here: the container (Microsoft's [MS-CFB]). Does not: what a stream holds (biff; sources that unlock).
"""

from __future__ import annotations

import struct

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST_SECTOR = 0xFFFFFFFA  # this and greater are marks, not sectors
_HEADER, _ENTRY = 512, 128
_SECTOR_SHIFTS, _MINI_SHIFT = (9, 12), 6
_STREAM, _ROOT = 2, 5


class NotCompound(ValueError):
    """The bytes are no compound file, or one that is cut off or runs in circles."""


class _Container:
    """Sectors and the chains that they form."""

    def __init__(self, data: bytes) -> None:
        if data[: len(MAGIC)] != MAGIC or len(data) < _HEADER:
            raise NotCompound("it does not begin as a compound file")
        self._data = data
        shift, mini_shift = struct.unpack_from("<HH", data, 0x1E)
        if shift not in _SECTOR_SHIFTS or mini_shift != _MINI_SHIFT:
            raise NotCompound("its sectors have no known size")
        self.size, self.mini_size = 1 << shift, 1 << mini_shift
        self.first_entry, self.cutoff, first_mini = (struct.unpack_from("<I", data, at)[0] for at in (0x30, 0x38, 0x3C))
        tables = list(struct.unpack_from("<109I", data, 0x4C))
        further = struct.unpack_from("<I", data, 0x44)[0]
        further_n = struct.unpack_from("<I", data, 0x48)[0]
        if further_n > len(data) // self.size:
            raise NotCompound("it has more tables than parts")
        for _ in range(further_n):
            *more, further = struct.unpack(f"<{self.size // 4}I", self._sector(further))
            tables += more
        self._next = self._numbers(b"".join(self._sector(at) for at in tables if at < _LAST_SECTOR))
        self._next_mini = self._numbers(self.chain(first_mini)) if first_mini < _LAST_SECTOR else []
        self.mini = b""

    def _numbers(self, data: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(data) // 4}I", data))

    def _sector(self, at: int) -> bytes:
        begin = (at + 1) * self.size
        piece = self._data[begin : begin + self.size]
        if not piece:
            raise NotCompound("it ends before its last part: it was cut off")
        return piece.ljust(self.size, b"\0")

    def chain(self, at: int, *, is_mini: bool = False) -> bytes:
        """The bytes of a chain of sectors."""
        follow, found, pieces = self._next_mini if is_mini else self._next, set(), []
        while at < _LAST_SECTOR:
            if at in found or at >= len(follow):
                raise NotCompound("its parts run in circles or out of the file")
            found.add(at)
            begin = at * self.mini_size
            pieces.append(self.mini[begin : begin + self.mini_size] if is_mini else self._sector(at))
            at = follow[at]
        return b"".join(pieces)


def streams(data: bytes) -> dict[str, bytes]:
    """The streams of a compound file by name. Raises NotCompound."""
    box = _Container(data)
    directory = box.chain(box.first_entry)
    entries = []
    for begin in range(0, len(directory), _ENTRY):
        entry = directory[begin : begin + _ENTRY]
        length, kind = struct.unpack_from("<HB", entry, 0x40)
        start, size = struct.unpack_from("<II", entry, 0x74)
        entries.append((entry[: max(length - 2, 0)].decode("utf-16-le", "replace"), kind, start, size))
    root = next((entry for entry in entries if entry[1] == _ROOT), None)
    if root is None:
        raise NotCompound("it has no root")
    box.mini = box.chain(root[2])
    found: dict[str, bytes] = {}
    for name, kind, start, size in entries:
        if kind == _STREAM and name not in found:
            whole = box.chain(start, is_mini=size < box.cutoff) if size else b""
            if len(whole) < size:
                raise NotCompound(f"its part {name!r} is cut off")
            found[name] = whole[:size]
    return found
