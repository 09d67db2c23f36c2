"""Finds planted words in everything a program left behind: raw bytes, and decoded wherever bytes alone would hide them.

A stem is the beginning that all words of one kind share (a name, an identity number ...). It is looked for in UTF-8,
GB18030, UTF-16, base64, as JSON, HTML and URL escapes. Parquet, DuckDB and SQLite files are also read as tables, and what is packed
in gzip, zlib or ZIP (workbooks too) is unpacked, at any depth. Databases are read from a copy, so that a log beside them is
replayed and nothing is changed by looking.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import re
import shutil
import sqlite3
import tempfile
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

DEEPEST = 4


def spellings(stem: str) -> dict[str, bytes]:
    """How a stem may stand in bytes, by encoding."""
    found = {name: stem.encode(name) for name in ("utf-8", "gb18030", "utf-16-le", "utf-16-be")}
    found["json"] = json.dumps(stem)[1:-1].encode()
    found["html"] = stem.encode("ascii", "xmlcharrefreplace")
    found["html hex"] = "".join(f"&#x{ord(letter):x};" if ord(letter) > 127 else letter for letter in stem).encode()
    found["url"] = urllib.parse.quote(stem).encode()
    for name in ("utf-8", "gb18030"):
        for shift in range(3):  # the stem may begin at each of three places within four letters of base64
            told = base64.b64encode(bytes(shift) + stem.encode(name))
            whole = told[-(-shift * 8 // 6) : (shift + len(stem.encode(name))) * 8 // 6]
            found[f"base64 of {name} +{shift}"] = whole
    return found


class Scanner:
    """Looks for stems, and for patterns in bytes as they stand; `scan` yields `where: encoding of stem` for each that is found."""

    def __init__(self, stems: Iterable[str], patterns: Iterable[bytes] = ()) -> None:
        self._patterns = [re.compile(pattern) for pattern in patterns]
        told = {(stem, name): data for stem in stems for name, data in spellings(stem).items()}
        self._wanted: dict[bytes, str] = {data: f"{name} of {stem[:4]}…" for (stem, name), data in reversed(told.items())}
        assert min(map(len, self._wanted)) >= 6, "a stem this short is found by chance"
        self.looked_at: dict[str, int] = {}

    def scan(self, *roots: Path) -> list[str]:
        """Everything found in files, and in their names, below these folders (or in these files)."""
        found: list[str] = []
        for root in roots:
            for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
                found += self.in_bytes(str(path.relative_to(root.parent)).encode(), f"name of {path}")
                if path.is_file():
                    found += self.in_file(path)
        return found

    def in_file(self, path: Path) -> list[str]:
        data = path.read_bytes()
        found = self.in_bytes(data, str(path))
        for kind, text in _tables_of(path, data):
            self._count(kind)
            found += self.in_bytes(text, f"{path} ({kind})")
        return found

    def in_bytes(self, data: bytes, where: str, depth: int = 0) -> list[str]:
        """What stands in bytes, and in what is packed in them."""
        found = [f"{where}: {told}" for wanted, told in self._wanted.items() if wanted in data]
        found += [f"{where}: {pattern.pattern!r}" for pattern in self._patterns if pattern.search(data)]
        if depth < DEEPEST:
            for kind, part in _unpacked(data):
                self._count(kind)
                found += self.in_bytes(part, f"{where} ({kind})", depth + 1)
        return found

    def _count(self, kind: str) -> None:
        self.looked_at[kind] = self.looked_at.get(kind, 0) + 1


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The parts of a packed file; none of another."""
    if data[:4] == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for info in archive.infolist():
                    yield "zip name", info.orig_filename.encode()
                    if not info.flag_bits & 1:
                        yield "zip", archive.read(info)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            return
    elif data[:2] == b"\x1f\x8b":
        try:
            yield "gzip", gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return
    elif data[:1] == b"\x78":
        try:
            yield "zlib", zlib.decompress(data)
        except zlib.error:
            return


def _tables_of(path: Path, data: bytes) -> Iterator[tuple[str, bytes]]:
    """What the tables of a file say, as text."""
    if data[:4] == b"PAR1" and data[-4:] == b"PAR1":
        yield "parquet", _text_of(pq.read_table(io.BytesIO(data)))
    elif data[:16] == b"SQLite format 3\x00":
        with Copied(path, "-wal", "-shm") as copy:
            connection = sqlite3.connect(copy)
            yield "sqlite", "\n".join(map(str, connection.iterdump())).encode()
            connection.close()
    elif data[8:12] == b"DUCK":
        with Copied(path, ".wal") as copy, duckdb.connect(str(copy)) as connection:
            tables = connection.execute(
                "select database_name, schema_name, table_name from duckdb_tables() where not internal and not temporary"
            ).fetchall()
            for table in tables:
                name = ".".join(f'"{part}"' for part in table)
                yield "duckdb", _text_of(connection.sql(f"from {name}").to_arrow_table())
            views = connection.execute("select sql from duckdb_views() where not internal").fetchall()
            yield "duckdb", "\n".join(str(sql) for (sql,) in views).encode()


class Copied:
    """A copy of a database with the logs beside it, gone afterwards."""

    def __init__(self, path: Path, *beside: str) -> None:
        self._path, self._beside = path, beside

    def __enter__(self) -> Path:
        self._folder = tempfile.TemporaryDirectory()
        copy = Path(self._folder.name) / self._path.name
        for ending in ("", *self._beside):
            if (found := self._path.with_name(self._path.name + ending)).exists():
                shutil.copy(found, copy.with_name(copy.name + ending))
        return copy

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


def _text_of(table: pa.Table) -> bytes:
    """Every cell as text: text as it is, the rest as Python prints it."""
    parts = [" ".join(table.column_names), html.unescape(str(table.schema.metadata or ""))]
    for column in table.columns:
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        is_plain = pa.types.is_string(kind) or pa.types.is_integer(kind)
        values = column.unique().to_pylist() if is_plain else column.to_pylist()
        parts += [str(value) for value in values if value is not None]
    return "\n".join(parts).encode("utf-8", "surrogatepass")
