"""The vault: the only module that encrypts, and the only place where personal data rests.

Belongs here: chunked AES-GCM files (bytes and Parquet tables alike). Does not: their keys (vault_keys), what is personal
(contracts), when a month is shredded (shredding, retention).

A file is: magic, header length, header (JSON: room, feed, month, mark of the key, nonce prefix), then chunks of 1 MiB, each
sealed with AES-256-GCM under nonce = prefix (7 bytes) + chunk number (4) + last-chunk mark (1) and the header as associated
data (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár 2015): no chunk can be dropped, moved or appended.
"""

from __future__ import annotations

import contextlib
import hmac
import io
import json
import secrets
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.core import disk, faults
from pipelines.core.errors import KeyGone, ObjectDamaged
from pipelines.core.settings import Home, pick
from pipelines.core.vault_keys import KeyRing, MasterKeys, Place

Room = Literal["raw", "party", "quarantine", "uploads", "tmp"]

ROOMS: tuple[Room, ...] = ("raw", "party", "quarantine", "uploads", "tmp")
MAGIC = b"CBV1"
CHUNK = 1 << 20
TAG = 16
#: Of a header; `key` is missing in objects of before.
FIELDS = {"room", "feed", "month", "prefix"}
#: The key of marks belongs to no month: it outlives every rotation and is shredded with none.
MARKS: Place = ("marks", "all", "always")


class Vault:
    """Encrypted rooms of one home."""

    def __init__(self, home: Home, masters: MasterKeys) -> None:
        self._root = home.vault
        self.keys = KeyRing(home, masters)

    def path(self, room: Room, feed: str, name: str) -> Path:
        """Where an object lives."""
        return self._root / room / feed / name

    def mark(self, text: str) -> str:
        """Twelve digits that change with a secret and tell nothing of it to who has not the master key."""
        return hmac.digest(self.keys.get(MARKS, create=True), text.encode(), "sha256").hex()[:12]

    def key_for(self, purpose: str) -> bytes:
        """A key of the home for one purpose, made of the key of marks: it stays, whatever month is shredded."""
        return hmac.digest(self.keys.get(MARKS, create=True), f"key for {purpose}".encode(), "sha256")

    def holds(self, path: Path) -> bool:
        """Whether an object is there and its key too; one that was shredded is not held, whatever bytes lie about."""
        try:
            self.data_key(path)
        except (FileNotFoundError, KeyGone, ObjectDamaged):
            return False
        return True

    def shredded(self, room: Room, feed: str, month: str) -> str:
        """When and by which decision a month (YYYYMM) was shredded; empty if it was not."""
        return self.keys.stone((room, feed, month))

    @contextlib.contextmanager
    def create(self, room: Room, feed: str, name: str, *, month: str) -> Iterator[BinaryIO]:
        """A writable stream; the object appears whole when the block ends well, never half."""
        place = (room, feed, self.keys.month_in_use(room, feed, month))
        key = self.keys.get(place, create=True)
        with disk.drafting(self.path(room, feed, name), "vault") as raw:
            sealer = _Sealer(raw, key, place)
            yield sealer  # type: ignore[misc]
            sealer.finish()

    def folders(self, feed: str) -> list[Path]:
        """Where drafts of a feed may lie."""
        return [self._root / room / feed for room in ROOMS] + [self._root / "keys" / room / feed for room in ROOMS]

    def open(self, path: Path) -> BinaryIO:
        """A seekable decrypting reader. Raises VaultError if the key is gone or a byte was changed, StorageFailed by the disk."""
        with disk.told(path):
            return io.BufferedReader(_Opener(path, self), buffer_size=CHUNK)

    @contextlib.contextmanager
    def table_writer(self, room: Room, feed: str, name: str, schema: pa.Schema, *, month: str) -> Iterator[pq.ParquetWriter]:
        """A Parquet writer whose bytes are sealed on their way to disk; what is read once and deleted is packed in haste."""
        how: dict[str, Any] = {"compression": "zstd"}
        if room == "tmp":
            how = {"compression": "lz4", "use_dictionary": False, "write_statistics": False}
        with self.create(room, feed, name, month=month) as stream, pq.ParquetWriter(stream, schema, **how) as writer:
            yield writer

    def open_table(self, path: Path) -> pq.ParquetFile:
        """An encrypted table, readable column by column."""
        return pq.ParquetFile(pa.PythonFile(self.open(path), mode="r"))

    def data_key(self, path: Path) -> AESGCM:
        """The key that opens the object at `path` (from its header). Raises KeyGone, VaultError, FileNotFoundError."""
        header, _, _ = read_header(path)
        key = self.keys.get(place_of(header))
        if header.get("key", mark := _key_mark(key)) != mark:
            raise KeyGone(
                pick("the key that sealed it is gone; the month has another now", "加密它的密钥已不在，该月现为另一密钥"),
                where=str(path),
                remedy=pick("bring vault/keys back from its backup, or have the bureau send it again",
                            "从备份恢复 vault/keys，或请报送单位重新报送"),
            )  # fmt: skip
        return AESGCM(key)


def _key_mark(key: bytes) -> str:
    """Stands in the header of what a data key sealed, so that another key in its place is told from damage."""
    return hmac.digest(key, b"id of a data key", "sha256").hex()[:12]


def place_of(header: dict[str, str]) -> Place:
    """Which key an object's header names."""
    return header["room"], header["feed"], header["month"]


def read_header(path: Path) -> tuple[dict[str, str], bytes, int]:
    """The header of an object: its fields, its bytes, and where the chunks begin. Raises ObjectDamaged if it is none."""
    with path.open("rb") as raw:
        begins, length = raw.read(4), raw.read(2)
        size = int.from_bytes(length, "big")
        text = raw.read(size)
    try:
        fields = json.loads(text)
        is_one = begins == MAGIC and len(text) == size and fields.keys() >= FIELDS
    except (ValueError, AttributeError):  # no JSON, no text, no object
        is_one = False
    if not is_one:
        raise _damaged(pick("not a vault file", "不是保险库文件"), path)
    return fields, text, len(begins) + len(length) + size


def _damaged(what: str, path: Path | str) -> ObjectDamaged:
    return ObjectDamaged(
        what, where=str(path),
        remedy=pick("bring vault/ back from its backup, or lay the file into the drop folder and run citybrain run",
                    "请从备份恢复 vault/，或将文件放入投递目录，再运行 citybrain run"),
    )  # fmt: skip


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, int(last))


class _Sealer(io.RawIOBase):
    """Seals what is written to it; keeps one chunk back so that the last can be marked."""

    def __init__(self, raw: BinaryIO, key: bytes, place: Place) -> None:
        self._raw, self._key = raw, AESGCM(key)
        self._prefix = secrets.token_bytes(7)
        room, feed, month = place
        header = {"room": room, "feed": feed, "month": month, "key": _key_mark(key), "prefix": self._prefix.hex()}
        self._header = json.dumps(header, sort_keys=True).encode()
        self._buffer = bytearray()
        self._number = self._written = 0
        raw.write(MAGIC + struct.pack(">H", len(self._header)) + self._header)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: object) -> int:
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        self._buffer += view
        self._written += len(view)
        while len(self._buffer) > CHUNK:
            self._seal(bytes(self._buffer[:CHUNK]), last=False)
            del self._buffer[:CHUNK]
        return len(view)

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        faults.hit("vault_write")
        self._raw.write(self._key.encrypt(_nonce(self._prefix, self._number, last=last), chunk, self._header))
        self._number += 1

    def finish(self) -> None:
        self._seal(bytes(self._buffer), last=True)
        self._buffer.clear()

    def close(self) -> None:
        """Parquet writers close their sink; the vault ends the file itself, in finish()."""


class _Opener(io.RawIOBase):
    """Random access to a sealed file: chunk k is found by arithmetic."""

    def __init__(self, path: Path, vault: Vault) -> None:
        header, self._header, self._start = read_header(path)
        self._key = vault.data_key(path)
        self._prefix = bytes.fromhex(header["prefix"])
        self._raw = path.open("rb")
        sealed = path.stat().st_size - self._start
        self._chunks = max(1, -(-sealed // (CHUNK + TAG)))
        self._size = sealed - self._chunks * TAG
        self._at, self._cached, self._plain = 0, -1, b""
        self._where = str(path)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if self._at >= self._size or not len(view):
            return 0
        plain = self._chunk(self._at // CHUNK)
        offset = self._at % CHUNK
        piece = plain[offset : offset + len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _chunk(self, number: int) -> bytes:
        if number != self._cached:
            with disk.told(self._where):  # not by an OSError: readers take that for a damaged file
                faults.hit("vault_read")
                self._raw.seek(self._start + number * (CHUNK + TAG))
                sealed = self._raw.read(CHUNK + TAG)
            nonce = _nonce(self._prefix, number, last=number == self._chunks - 1)
            try:
                self._plain = self._key.decrypt(nonce, sealed, self._header)
            except InvalidTag as error:
                told = pick(f"chunk {number} was changed or cut off", f"第 {number} 块被改动或截断")
                raise _damaged(told, self._where) from error
            self._cached = number
        return self._plain

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()
