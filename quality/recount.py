"""Recount: how many records a source file holds, for `verify`.

Belongs here: counting each format by other means than the pipeline's. Does not: comparing (verify), judging a record. On
purpose it imports nothing of `pipelines` and reads a file whole: it runs when somebody doubts.
"""

from __future__ import annotations

import codecs
import csv
import fnmatch
import gzip
import html
import io
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
import polars as pl
import python_calamine

GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Held:
    """A file that is in memory only: what the vault gave."""

    path: str
    data: bytes

    @property
    def name(self) -> str:
        """The last part of the name under which it came."""
        return Path(self.path).name


def _member(path: Path) -> tuple[zipfile.ZipFile, zipfile.ZipInfo] | None:
    """The archive and the place in it of a path that goes on behind a `.zip`; None where there is none."""
    box = next((above for above in path.parents if above.suffix.lower() == ".zip" and above.is_file()), None)
    if box is None:
        return None
    archive, inner = zipfile.ZipFile(box), path.relative_to(box).as_posix().encode()
    for info in archive.infolist():
        told = info.orig_filename.replace("\\", "/").encode()
        plain = info.orig_filename.encode("cp437", "ignore")
        names = {told} if info.flag_bits & 0x800 else {plain.replace(b"\\", b"/"), _recoded(plain)}
        if inner in names:
            return archive, info
    archive.close()
    return None


def _recoded(name: bytes) -> bytes:
    try:
        return name.decode("gb18030").replace("\\", "/").encode()
    except UnicodeDecodeError:
        return name


def is_there(path: Path) -> bool:
    """Whether a file, or a member of an archive, lies there today."""
    try:
        return path.is_file() or _member(path) is not None
    except (OSError, zipfile.BadZipFile):
        return False


def open_raw(path: Path | Held) -> BinaryIO:
    """The bytes of a file or of a member of an archive, as the pipeline was handed them. Raises OSError, ValueError."""
    if isinstance(path, Held):
        return io.BytesIO(path.data)
    if path.is_file():
        return path.open("rb")
    found = _member(path)
    if found is None:
        raise FileNotFoundError(path)
    try:
        return io.BytesIO(found[0].read(found[1]))
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
        raise ValueError(str(error)) from error


def _open(path: Path | Held) -> BinaryIO:
    """The file's bytes, unpacked if they are gzip."""
    with open_raw(path) as stream:
        packed = stream.read(2) == GZIP
    return gzip.open(open_raw(path), "rb") if packed else open_raw(path)  # type: ignore[return-value]


def _encodings(path: Path | Held, stated: str) -> list[str]:
    """The encodings that the file may have: its byte order mark, else the stated one, else UTF-8, else GB18030."""
    with _open(path) as stream:
        head = stream.read(3)
    if head.startswith(codecs.BOM_UTF8):
        return ["utf-8-sig"]
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return ["utf-16"]
    return [stated] if stated else ["utf-8", "gb18030"]


def _count_csv(path: Path | Held, *, encoding: str, delimiter: str) -> int:
    """Records but the header, leading blank lines left out; a title above the header is one, so none has to be looked for."""
    for candidate in _encodings(path, encoding):
        try:
            with _open(path) as stream, io.TextIOWrapper(stream, encoding=candidate, newline="") as text:
                reader = csv.reader(text, delimiter=delimiter)
                next((row for row in reader if row), None)
                return sum(1 for _ in reader)
        except UnicodeDecodeError:
            continue
    raise ValueError("no encoding reads it")


def _chosen(names: list[str], sheets: list[str]) -> set[str]:
    exact = {name for name in sheets if name in names}
    return exact | {name for name in names for wanted in sheets if wanted not in exact and fnmatch.fnmatchcase(name, wanted)}


def _count_xlsx(data: bytes, *, sheets: list[str]) -> int:
    """Rows down to the last one that holds anything, without the header, of each sheet; titles and totals included."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    names = [page.title for page in book.worksheets]
    total = 0
    for name in _chosen(names, sheets) if sheets else names[:1]:
        last = 0
        for number, row in enumerate(book[name].iter_rows(values_only=True), start=1):
            if any(cell is not None and cell != "" for cell in row):
                last = number
        total += max(last - 1, 0)
    book.close()
    return total


def _count_xls(data: bytes, *, sheets: list[str]) -> int:
    """The same of an old workbook. Its library is the pipeline's too: nothing else that is kept reads the form."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    names = [entry.name for entry in book.sheets_metadata if entry.typ == python_calamine.SheetTypeEnum.WorkSheet]
    total = 0
    for name in _chosen(names, sheets) if sheets else names[:1]:
        rows = [any(cell != "" for cell in row) for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]
        total += max(max((number for number, full in enumerate(rows) if full), default=0), 0)
    return total


def _count_page(data: bytes, *, encoding: str, sheets: list[str]) -> int:
    """Rows of a page's table, the longest if none is named, down to the last with a letter in it, without the header."""
    stated = re.search(rb"charset\s*=\s*[\"']?([\w-]+)", data[:4096])
    tried = [encoding] if encoding else [stated[1].decode()] if stated else []
    for candidate in [*("gb18030" if name.lower() in ("gb2312", "gbk") else name for name in tried), "utf-8-sig", "gb18030"]:
        try:
            text = data.decode(candidate)
            break
        except (UnicodeDecodeError, LookupError):
            continue
    else:
        raise ValueError("no encoding reads it")
    text = re.sub(r"(?is)<!--.*?-->|<script.*?</script>|<style.*?</style>", "", text)
    counts = []
    for table in re.split(r"(?i)<table\b", text)[1:]:
        rows = re.split(r"(?i)<tr\b", re.split(r"(?i)</table", table)[0])[1:]
        told = [html.unescape(re.sub(r"<[^>]*>", "", row.partition(">")[2])).strip() for row in rows]
        counts.append(max((number for number, row in enumerate(told) if row), default=0))
    names = [f"table {number}" for number in range(1, len(counts) + 1)]
    if sheets:
        return sum(count for name, count in zip(names, counts, strict=True) if name in _chosen(names, sheets))
    return max(counts)


def _count_workbook(path: Path | Held, *, binding: dict[str, Any]) -> int:
    """What calls itself a workbook, as what its first bytes say it is."""
    stated, encoding = binding.get("sheet") or [], str(binding.get("encoding", ""))
    sheets = [str(one) for one in (stated if isinstance(stated, list) else [stated])]
    with _open(path) as stream:
        data = stream.read()
    if data.startswith(b"PK"):
        return _count_xlsx(data, sheets=sheets)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        try:
            return _count_xls(data, sheets=sheets)
        except python_calamine.CalamineError as error:
            raise ValueError(f"locked or damaged: {error}") from error
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<", data):
        return _count_page(data, encoding=encoding, sheets=sheets)
    mark = "\t" if b"\t" in data.partition(b"\n")[0] else str(binding.get("delimiter", ","))
    return _count_csv(path, encoding=encoding, delimiter=mark)


def _count_json(path: Path | Held, *, encoding: str) -> int:
    """Elements of an array; or lines, blank ones included; what follows the last line end is one more."""
    for candidate in _encodings(path, encoding):
        try:
            with _open(path) as stream:
                text = stream.read().decode(candidate)
        except UnicodeDecodeError:
            continue
        if re.match(r"\s*\[\s*[{\]]", text):
            return len(json.loads(text))
        return len(text.split("\n")) - (text.endswith("\n") or not text)
    raise ValueError("no encoding reads it")


def count_records(path: Path | Held, binding: dict[str, Any]) -> int:
    """Records of one source file.

    Args:
        path: the file.
        binding: the feed's YAML as it is written.

    Raises:
        ValueError: the format is unknown, or nothing reads the file.
    """
    name = path.name.lower().removesuffix(".gz")
    kind = binding.get("format") or name.rsplit(".", 1)[-1]
    if kind in ("csv", "txt"):
        return _count_csv(path, encoding=str(binding.get("encoding", "")), delimiter=str(binding.get("delimiter", ",")))
    if kind in ("xlsx", "xls", "html", "htm"):
        return _count_workbook(path, binding=binding)
    if kind in ("jsonl", "ndjson", "json"):
        return _count_json(path, encoding=str(binding.get("encoding", "")))
    if kind == "parquet":
        with _open(path) as stream:
            return pl.read_parquet(io.BytesIO(stream.read())).height
    if kind == "geojson":
        with _open(path) as stream:
            return len(json.load(stream)["features"])
    raise ValueError(f"unknown format {kind!r}")
