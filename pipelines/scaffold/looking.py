"""Looking: what an unknown file is, before anybody bound it.

Belongs here: kind, encoding, delimiter, sheet, header row, the first rows as text. Does not: reading as such (the readers of
cleaning do, the same that will read it once it is bound), what columns mean.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl

from pipelines.cleaning import decode, formats, read, read_array, read_html, read_lines, read_parquet, read_sheets
from pipelines.cleaning.read import Opener, Reading
from pipelines.core.contracts import contract_ids, load_contract
from pipelines.core.errors import FileHeld, UsageError
from pipelines.core.headers import plain
from pipelines.core.personal_shapes import ANY_PERSONAL, masked
from pipelines.core.settings import ArchiveLimits, pick
from pipelines.scaffold.shapes import looks_personal
from pipelines.scaffold.wording import phrases, squeezed

#: Rows that the proposal rests on; the whole file is counted, but not looked at.
MOST_ROWS = 50_000
HEAD_BYTES = 1 << 18
DELIMITERS = (",", "\t", ";", "|")
#: A number or the beginning of a date: no header.
VALUE = re.compile(r"[-+]?\d+(?:[.,:/-]\d+)*(?:[ T]\d{1,2}:\d{2}.*)?|(?:19|20)\d{2}年.*")
BIG5_COMMON = range(0xA440, 0xC67F)
GB_COMMON = range(0xB0A1, 0xD7FA)


@dataclass(slots=True)
class Seen:
    """An unknown file.

    format: a key of `bindings.FORMATS`; encoding, delimiter, sheet: what the binding must state, empty if nothing;
    frame: the first rows, `c0..cn` text; records: in the whole file; notes: what was found, a sentence each; doubts: what
    could not be decided.
    """

    path: Path
    format: str
    encoding: str
    delimiter: str
    sheet: str
    header: list[str]
    frame: pl.DataFrame
    records: int
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def look(path: Path, *, limits: ArchiveLimits, encoding: str = "") -> Seen:
    """The file as it is. Raises UsageError if it is not there or an archive, FileHeld if no reader can read it."""
    if not path.is_file():
        raise UsageError(pick(f"no file {str(path)!r}", f"没有文件 {str(path)!r}"), where="--from")
    name = path.name.lower()
    if name.endswith(".zip"):
        remedy = pick("unpack one member and give that: the binding then says source.member", "请解压其中一个文件后再试")
        raise UsageError(pick("an archive holds files of their own", "压缩包内是各自独立的文件"), where=str(path), remedy=remedy)

    def open_bytes() -> BinaryIO:
        return cast(BinaryIO, gzip.open(path, "rb")) if name.endswith(".gz") else path.open("rb")

    kind = formats.kind_of(open_bytes)
    if kind == "text":
        return _with_header(_look_at_text(path, open_bytes, encoding))
    if kind in ("xlsx", "xls", "html"):
        return _with_header(_look_at_sheets(path, open_bytes, kind, encoding, limits))
    if kind == "parquet":
        return _with_header(_seen(path, read_parquet.read_parquet(open_bytes, name=path.name), "parquet"))
    raise FileHeld(
        pick(f"the file is {formats.WORDS[kind]}", f"文件是 {formats.WORDS[kind]}"), where=path.name,
        remedy=pick("ask the department to save it as XLSX or CSV", "请部门另存为 XLSX 或 CSV"),
    )  # fmt: skip


def _with_header(seen: Seen) -> Seen:
    """The file, if its first row is a header. Raises FileHeld, quoting nothing, if it looks like a row of data.

    Headers are printed and written down; a row of data taken for them would carry people into both.
    """
    cells = [cell.strip() for cell in seen.header if cell.strip()]
    values = sum(bool(VALUE.fullmatch(cell)) for cell in cells)
    people = sum(looks_personal(cell) for cell in cells)  # a short header may begin with a surname, so alone they say nothing
    if any(ANY_PERSONAL.search(cell) for cell in cells) or (values and values + people > 0.3 * len(cells)):
        raise FileHeld(
            pick("the first row looks like data, not like a header", "首行像数据，不像表头"), where=seen.path.name,
            remedy=pick("ask the department for the file with its header", "请部门提供带表头的文件"),
        )  # fmt: skip
    return seen


def _seen(path: Path, reading: Reading, kind: str, *, encoding: str = "", delimiter: str = "", sheet: str = "") -> Seen:
    batch = next(iter(reading.batches), None)
    empty = pl.DataFrame({f"c{i}": pl.Series([], dtype=pl.String) for i in range(len(reading.header))})
    frame = empty if batch is None else batch.head(MOST_ROWS).drop("_record_no")
    return Seen(path, kind, encoding, delimiter, sheet, list(reading.header), frame, reading.records)


def _look_at_text(path: Path, open_bytes: Opener, encoding: str) -> Seen:
    with open_bytes() as stream:
        head = stream.read(HEAD_BYTES)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
        return _look_at_json(path, open_bytes, head)
    declared, doubt = (encoding, "") if encoding else guessed_encoding(head)
    used = decode.ladder(head[:4], declared)[0]
    text = head.decode(used, errors="ignore")
    delimiter, row = delimiter_of(text)
    reading = read.read_csv(open_bytes, declared=declared, delimiter=delimiter, name=path.name)
    seen = _seen(path, reading, "csv")
    titles = next(n for n, number in enumerate([*reading.nondata, 0], start=1) if n != number) - 1
    seen.encoding, seen.delimiter = declared, "" if delimiter == "," else delimiter
    told = declared or "utf-8"
    seen.notes.append(pick(f"text, {told}, cells parted by {delimiter!r}", f"文本，编码 {told}，以 {delimiter!r} 分隔"))
    seen.doubts += [doubt] if doubt else []
    if titles:
        seen.notes.append(
            pick(f"{titles} lines of title above the header, read as no data", f"表头上方 {titles} 行标题，不计为数据")
        )
    elif row > 0:
        seen.doubts.append(
            pick(f"the header seems to stand on line {row + 1}, after a title: a text file's first line is its header; "
                 "ask for it without the title, or as XLSX",
                 f"表头似乎在第 {row + 1} 行（前有标题）：文本文件首行即表头，请部门去掉标题行或改送 XLSX")
        )  # fmt: skip
    return seen


def _look_at_json(path: Path, open_bytes: Opener, head: bytes) -> Seen:
    if b'"FeatureCollection"' in head or path.name.lower().endswith(".geojson"):
        reading = read.read_geojson(open_bytes, name=path.name, geometry_header="边界")
        seen = _seen(path, reading, "geojson")
    else:
        is_array = read_array.is_array(open_bytes, "")
        reader = read_array.read_array if is_array else read_lines.read_jsonl
        seen = _seen(path, reader(open_bytes, declared="", name=path.name), "jsonl")
    seen.notes.append(pick(f"JSON, read as {seen.format}", f"JSON，按 {seen.format} 读取"))
    return seen


def _usual_share(text: str, encoding: str, common: range) -> float:
    """Of the two-byte characters, those that the encoding's makers thought common."""
    pairs = [c.encode(encoding, errors="ignore") for c in text if ord(c) > 0x7F]
    told = [int.from_bytes(pair, "big") for pair in pairs if len(pair) == 2]
    return sum(number in common for number in told) / len(pairs) if pairs else 0.0


def guessed_encoding(head: bytes) -> tuple[str, str]:
    """What the binding should state (empty: a byte order mark or UTF-8), and a doubt if there is one.

    Big5 often decodes as GB18030 too, to wrong characters; what tells them apart is how many of the characters are common.
    """
    if any(head.startswith(mark) for mark, _ in decode.BOMS):
        return "", ""
    whole = head[: head.rfind(b"\n") + 1] or head
    shares: dict[str, float] = {}
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            text = whole.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8":
            return "", ""
        shares[encoding] = _usual_share(text, encoding, GB_COMMON if encoding == "gb18030" else BIG5_COMMON)
    if not shares:
        return "cp1252", pick(
            "neither UTF-8 nor GB18030 nor Big5: cp1252 is a guess", "UTF-8、GB18030、Big5 都不是：cp1252 只是猜测"
        )
    best = max(shares, key=lambda e: shares[e])
    near = len(shares) > 1 and abs(shares["gb18030"] - shares["big5"]) < 0.15
    told = ", ".join(f"{e} {s:.0%}" for e, s in shares.items())
    doubt = pick(f"two encodings fit (common characters: {told}): look at the words", f"两种编码都可读（常用字：{told}），请核对")
    return best, doubt if near else ""


def delimiter_of(text: str) -> tuple[str, int]:
    """The delimiter, and the row (from 0) that looks like the header: the first as wide as most rows are."""
    best, place, width = ",", 0, 1
    for delimiter in DELIMITERS:
        rows = [row for row, _ in zip(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), range(60), strict=False)]
        rows = [row for row in rows[:-1] or rows if row]
        widths = [len(row) for row in rows]
        usual = max(set(widths), key=widths.count, default=1)
        if usual > width and widths.count(usual) >= 0.5 * len(widths):
            best, width = delimiter, usual
            place = next(n for n, row in enumerate(rows) if len(row) == usual)
    return best, place


def _known_words() -> set[str]:
    """All spellings that a contract or the phrases know, squeezed."""
    found = {squeezed(p) for columns in phrases().values() for listed in columns.values() for p in listed}
    for contract in contract_ids():
        for column in load_contract(contract).columns:
            found |= {squeezed(s) for s in (column.title_zh, column.name, *column.synonyms)}
    return found


def _knows() -> tuple[Callable[[list[str]], int], Callable[[list[str]], int]]:
    """How many cells of a row are known headers; and, where none is, how many might be one."""
    known = _known_words()

    def by_words(row: list[str]) -> int:
        return sum(squeezed(cell) in known or plain(cell) in known for cell in row if cell)

    def by_looks(row: list[str]) -> int:
        cells = [cell for cell in row if cell and len(cell) <= 40 and not cell.replace(".", "").isdigit()]
        return len(set(cells)) if len(cells) > 1 else 0

    return by_words, by_looks


def _look_at_sheets(path: Path, open_bytes: Opener, kind: str, encoding: str, limits: ArchiveLimits) -> Seen:
    with open_bytes() as stream:
        data = stream.read()

    def opened(wanted: tuple[str, ...], knows: Callable[[list[str]], int]) -> Reading:
        if kind == "html":
            return read_html.read_html(open_bytes, declared=encoding, wanted=wanted, name=path.name, knows=knows)
        reader = read_sheets.read_xls if kind == "xls" else read_sheets.read_xlsx
        return reader(data, wanted=wanted, name=path.name, knows=knows, limits=limits)

    by_words, by_looks = _knows()
    try:
        reading = opened((), by_words)
    except FileHeld:
        reading = opened((), by_looks)
    best, sheet = by_words(reading.header), ""
    for other in reading.unread[:8]:
        try:
            tried = opened((other,), by_words)
        except FileHeld:
            continue
        if by_words(tried.header) > best:
            best, sheet, reading = by_words(tried.header), other, tried
    seen = _seen(path, reading, kind, sheet=sheet)
    first = min((n for n in range(1, len(seen.frame) + 2) if n not in reading.nondata), default=1)
    seen.notes.append(pick(f"a table read as {kind}", f"按 {kind} 读取的表格") + (f", sheet {sheet!r}" if sheet else ""))
    if first > 1:
        seen.notes.append(pick(f"the header stands on row {first}", f"表头在第 {first} 行"))
    if reading.unread:
        told = masked(", ".join(s for s in reading.unread if s != sheet))
        seen.doubts.append(
            pick(f"other sheets are not read: {told}; sheet: names them", f"其他工作表未读：{told}，可用 sheet: 指定")
        )
    return seen
