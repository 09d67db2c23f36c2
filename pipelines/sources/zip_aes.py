"""Members of a ZIP that are locked with AES, which Python's `zipfile` does not open (WinZip's AE-1 and AE-2).

Belongs here: opening one with its password, telling damage from a wrong password. Does not: ZipCrypto (the standard library
reads it), whose password it is (archive). Format: WinZip, "AES Encryption Information", version 1.04 (2009).
"""

from __future__ import annotations

import hashlib
import hmac
import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

METHOD, EXTRA = 99, 0x9901
ROUNDS, BLOCK, VERIFIER, SEAL = 1000, 16, 2, 10
KEY_BYTES = {1: 16, 2: 24, 3: 32}
STORED, DEFLATED = 0, 8
PIECE = 1 << 18


class WrongPassword(ValueError):
    """The password does not open the member."""


def _told(extra: bytes) -> tuple[int, int]:
    """Strength and true method of compression. Raises zipfile.BadZipFile where the member does not tell them."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == EXTRA and size >= 7 and extra[at + 8] in KEY_BYTES:  # noqa: PLR2004
            strength, method = struct.unpack_from("<BH", extra, at + 8)
            return strength, method
        at += 4 + size
    raise zipfile.BadZipFile("a locked member does not tell how it is locked")


class Opened(io.RawIOBase):
    """A locked member as it was packed, from its start to its end; the seal is compared when the end is reached."""

    def __init__(self, path: Path, info: zipfile.ZipInfo, password: bytes) -> None:
        strength, self._method = _told(info.extra)
        if self._method not in (STORED, DEFLATED):
            raise NotImplementedError(f"compression method {self._method} of a locked member")
        self._file = path.open("rb")
        self._file.seek(info.header_offset)
        head = self._file.read(30)
        name_size, extra_size = struct.unpack_from("<HH", head, 26)
        self._file.seek(name_size + extra_size, io.SEEK_CUR)
        length = KEY_BYTES[strength]
        salt, verifier = self._file.read(length // 2), self._file.read(VERIFIER)
        keys = hashlib.pbkdf2_hmac("sha1", password, salt, ROUNDS, 2 * length + VERIFIER)
        if keys[2 * length :] != verifier:
            self._file.close()
            raise WrongPassword
        self._block = Cipher(algorithms.AES(keys[:length]), modes.ECB()).encryptor()  # noqa: S305 - blocks of a counter
        self._seal = hmac.new(keys[length : 2 * length], digestmod=hashlib.sha1)
        self._left = info.compress_size - length // 2 - VERIFIER - SEAL
        self._counter, self._unpack, self._ready = 1, zlib.decompressobj(-zlib.MAX_WBITS), b""
        self._unpacked, self._promised, self._is_done = 0, info.file_size, False

    def readable(self) -> bool:
        return True

    def _plain(self) -> bytes:
        """The next piece of the packed bytes; empty at the end, after the seal was compared."""
        sealed = self._file.read(min(PIECE, self._left))
        if not sealed:
            if self._left or self._unpacked != self._promised or self._file.read(SEAL) != self._seal.digest()[:SEAL]:
                raise zipfile.BadZipFile("a locked member is damaged: its seal or its size does not fit")
            return b""
        self._left -= len(sealed)
        self._seal.update(sealed)
        blocks = -(-len(sealed) // BLOCK)
        counters = np.zeros((blocks, 2), dtype="<u8")
        counters[:, 0] = np.arange(self._counter, self._counter + blocks)
        self._counter += blocks
        stream = np.frombuffer(self._block.update(counters.tobytes()), dtype=np.uint8)[: len(sealed)]
        return (np.frombuffer(sealed, dtype=np.uint8) ^ stream).tobytes()

    def readinto(self, buffer: Any) -> int:
        while not self._ready and not self._is_done:
            rest = self._unpack.unconsumed_tail if self._method == DEFLATED else b""
            if self._method == DEFLATED and not rest and not self._left:
                self._ready = self._unpack.decompress(b"", PIECE)  # what zlib kept when the buffer was full
                self._unpacked += len(self._ready)
                if self._ready:
                    break
            plain = rest or self._plain()
            if not plain:
                self._is_done = True
                break
            self._ready = self._unpack.decompress(plain, PIECE) if self._method == DEFLATED else plain
            self._unpacked += len(self._ready)
            if self._unpacked > self._promised:
                raise zipfile.BadZipFile("a member is longer than its header says")
        piece, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._file.close()
        super().close()
