"""Formats: which reader a feed's files go to.

Belongs here: the choice, by the binding and by a look at the first bytes. Does not: reading (one module for each kind of
file). What calls itself a workbook is read as what it is: systems save web pages and plain text under that name too.
"""

from __future__ import annotations

import codecs
import re

from pipelines.cleaning import (
    compound,
    read,
    read_array,
    read_html,
    read_lines,
    read_parquet,
    read_sheets,
    unlock,
)
from pipelines.cleaning.read import Opener, Reading
from pipelines.core.bindings import Binding
from pipelines.core.errors import FileHeld, said_by
from pipelines.core.headers import known_headers, plain
from pipelines.core.settings import ArchiveLimits, password_for, wrong_password

LOOK_BYTES = 8192
MAGIC = {b"PK\x03\x04": "xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "xls", b"PAR1": "parquet", b"%PDF": "pdf"}
_PAGE = re.compile(r"<(?:html|table|head|meta|body|style|!doctype\s+html)\b", re.IGNORECASE)
WORDS = {
    "xlsx": "a workbook (or a ZIP)", "xls": "an old workbook", "parquet": "Parquet", "pdf": "a PDF", "html": "a web page",
    "mhtml": "a web archive (MHTML)", "xml": "an XML spreadsheet of 2003",
}  # fmt: skip
WORKBOOKS = ("xlsx", "xls", "html")


def kind_of(open_bytes: Opener) -> str:
    """What the first bytes say: a key of WORDS, or `text`."""
    with open_bytes() as stream:
        head = stream.read(LOOK_BYTES)
    for magic, kind in MAGIC.items():
        if head.startswith(magic):
            return kind
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = head.decode("utf-16" if wide else "utf-8-sig", errors="replace").lstrip()
    if text.lower().startswith("mime-version:"):
        return "mhtml"
    if text.startswith("<") and "urn:schemas-microsoft-com:office:spreadsheet" in text and "<html" not in text.lower():
        return "xml"
    return "html" if text.startswith("<") and _PAGE.search(text) else "text"


def open_reading(open_bytes: Opener, binding: Binding, *, name: str, limits: ArchiveLimits) -> Reading:
    """A received file opened for reading. Raises FileHeld if it is not what the binding says, or damaged."""
    declared, kind = binding.encoding, binding.format
    seen = kind_of(open_bytes)
    if kind in WORKBOOKS:
        return _open_workbook(open_bytes, binding, seen, name=name, limits=limits)
    if kind == "parquet":
        return read_parquet.read_parquet(open_bytes, name=name, paths=binding.paths)
    if seen != "text":
        mend = "mend format: in the binding, or ask the department for the file again"
        remedy = mend if seen in (*WORKBOOKS, "parquet") else "ask the department to save it as XLSX or CSV"
        raise FileHeld(f"the file is {WORDS[seen]}, the binding says {kind}", where=name, remedy=remedy)
    if kind == "csv":
        return read.read_csv(open_bytes, declared=declared, delimiter=binding.delimiter, name=name)
    if kind == "jsonl":
        reader = read_array.read_array if read_array.is_array(open_bytes, declared) else read_lines.read_jsonl
        return reader(open_bytes, declared=declared, name=name, paths=binding.paths)
    geometry = next((c.title_zh for c in binding.contract.columns if c.geometry), "geometry")
    return read.read_geojson(open_bytes, name=name, geometry_header=geometry)


def _open_workbook(open_bytes: Opener, binding: Binding, seen: str, *, name: str, limits: ArchiveLimits) -> Reading:
    known = known_headers(binding)

    def knows(row: list[str]) -> int:
        return sum(plain(cell) in known for cell in row if cell)

    if seen == "html":
        return read_html.read_html(open_bytes, declared=binding.encoding, wanted=binding.sheets, name=name, knows=knows)
    if seen in ("xlsx", "xls"):
        data, seen = _unlocked(open_bytes, binding, seen, name)
        reader = read_sheets.read_xls if seen == "xls" else read_sheets.read_xlsx
        return reader(data, wanted=binding.sheets, name=name, knows=knows, limits=limits)
    if seen == "text":
        return _open_text(open_bytes, binding, name=name)
    raise FileHeld(
        f"the file is {WORDS[seen]}, which is not read", where=name, remedy="ask the department to save it as XLSX or CSV"
    )


def _open_text(open_bytes: Opener, binding: Binding, *, name: str) -> Reading:
    """Plain text under the name of a workbook: its first line tells whether tabs part the cells."""
    with open_bytes() as stream:
        head = stream.read(LOOK_BYTES)
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    first = head.decode("utf-16" if wide else "latin-1", errors="ignore").lstrip("\r\n").partition("\n")[0]
    return read.read_csv(open_bytes, declared=binding.encoding, delimiter="\t" if "\t" in first else binding.delimiter, name=name)


def _unlocked(open_bytes: Opener, binding: Binding, seen: str, name: str) -> tuple[bytes, str]:
    """A workbook's bytes, opened with the binding's password if they are locked, and what they are then."""
    with open_bytes() as stream:
        data = stream.read()
    if seen == "xlsx":
        return data, seen
    try:
        parts = compound.streams(data)
        if "EncryptedPackage" not in parts:
            return data, seen
        # Excel takes a password as UTF-16, whatever encoding the environment has it in.
        password = password_for(binding.password, feed=binding.feed, name=name)[0].decode()
        return unlock.unlocked(parts, password), "xlsx"
    except unlock.WrongPassword as error:
        raise wrong_password(binding.password, name=name) from error
    except (compound.NotCompound, unlock.UnknownLock) as error:
        raise FileHeld(f"the workbook cannot be opened: {said_by(error)}", where=name, remedy=read_sheets.REMEDY) from error
