"""Code files: the tables of codes that a binding which people mended still lacks.

Belongs here: unknown codes of a file as its binding reads it, added to the city's tables with a `?`. Does not: proposing a
binding (proposing), what a code means (people say). No row that stands in a table is changed, no line of the binding but
`codes:` is added.
"""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.cleaning import formats, judge
from pipelines.core.bindings import Binding, read_binding
from pipelines.core.errors import UsageError
from pipelines.core.settings import ArchiveLimits, pick
from pipelines.core.yaml_file import read_mapping
from pipelines.scaffold import mapping, shapes
from pipelines.scaffold.proposing import LONGEST_CODE, MOST_CODES, CodeRow
from pipelines.scaffold.writing import codes_text, quoted

DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class Completed:
    """One table of codes: its path, how many rows were added, and whether the binding names it (else a person must)."""

    path: Path
    code_set: str
    added: int
    is_named: bool


def complete(folder: Path, feed: str, file: Path, limits: ArchiveLimits) -> list[Completed]:
    """Add what the file's columns of codes hold and no table knows; a table that the binding does not name is named there.

    Raises UsageError if there is no such binding or file, ConfigurationError if the binding is wrong, FileHeld if the file is.
    """
    path = folder / "feeds" / f"{feed}.yml"
    if not path.is_file() or not file.is_file():
        raise UsageError(pick("is not there", "不存在"), where=str(file if path.is_file() else path))
    named = {str(code_set): str(name) for code_set, name in (read_mapping(path).get("codes") or {}).items()}
    for name in named.values():  # written into the binding before there was one
        if not (table := folder / "codes" / name).exists():
            table.parent.mkdir(exist_ok=True)
            table.write_text(codes_text([]), encoding="utf-8")
    told = []
    for code_set, rows in _unknown(read_binding(path, folder), file, folder, named, limits).items():
        table = folder / "codes" / named.get(code_set, f"{feed}_{code_set}.csv")
        _add(table, rows)
        told.append(Completed(table, code_set, len(rows), is_named=code_set in named or not named))
    if told and not named:
        line = ", ".join(f"{one.code_set}: {quoted(one.path.name)}" for one in told)
        with path.open("a", encoding="utf-8") as stream:
            stream.write(f"codes: {{{line}}}\n")
    return told


def _unknown(
    binding: Binding, file: Path, folder: Path, named: dict[str, str], limits: ArchiveLimits
) -> dict[str, list[CodeRow]]:  # fmt: skip
    """Per code set the codes of the file that neither a shipped table nor the city's own has, the most frequent first."""
    reading = formats.open_reading(lambda: file.open("rb"), binding, name=file.name, limits=limits)
    position = judge.match_header(reading.header, binding, name=file.name).position
    coded = [c for c in binding.contract.landed if c.codes not in ("", DEPARTMENT) and not c.is_list and c.name in position]
    counted: dict[str, Counter[str]] = {column.name: Counter() for column in coded}
    for batch in reading.batches:
        for column in coded:
            texts = batch[f"c{position[column.name]}"].cast(pl.String).drop_nulls().value_counts()
            for text, n in texts.iter_rows():
                counted[column.name][unicodedata.normalize("NFKC", text).strip()] += n
    found: dict[str, list[CodeRow]] = {}
    for column in coded:
        table = folder / "codes" / named.get(column.codes, f"{binding.feed}_{column.codes}.csv")
        known = mapping.exact_spellings(column.codes) | _there(table) | {row.source_code for row in found.get(column.codes, [])}
        unknown = [
            CodeRow(column.name, code, n, *mapping.nearest_code(column.codes, code))
            for code, n in counted[column.name].most_common()
            if code and code not in known and len(code) <= LONGEST_CODE and not shapes.looks_personal(code)
        ][:MOST_CODES]  # fmt: skip
        if unknown:
            found.setdefault(column.codes, []).extend(unknown)
    return found


def _there(table: Path) -> set[str]:
    if not table.exists():
        return set()
    with table.open(encoding="utf-8-sig", newline="") as stream:
        return {unicodedata.normalize("NFKC", row.get("source_code") or "").strip() for row in csv.DictReader(stream)}


def _add(table: Path, rows: list[CodeRow]) -> None:
    """Write the rows below what stands in a table, under the columns that it has; a new table has all."""
    new = list(csv.DictReader(codes_text(rows).splitlines()))
    if not table.exists() or not table.stat().st_size:
        table.parent.mkdir(exist_ok=True)
        table.write_text(codes_text([]), encoding="utf-8")
    text = table.read_text(encoding="utf-8-sig")
    columns = next(csv.reader(text.splitlines()))
    with table.open("a", encoding="utf-8", newline="") as stream:
        if not text.endswith("\n"):
            stream.write("\n")
        csv.DictWriter(stream, columns, extrasaction="ignore", restval="", lineterminator="\n").writerows(new)
