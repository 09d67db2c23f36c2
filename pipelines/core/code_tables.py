"""Tables of codes: the city's `codes/*.csv` that bindings name, read and checked.

Belongs here: reading them and saying precisely what is wrong with one. Does not: what a code means on a day (codes), decisions
(code_decisions), proposing tables (scaffold).
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.core.contracts import Contract
from pipelines.core.errors import ConfigurationError
from pipelines.core.settings import pick
from pipelines.core.spelling import did_you_mean
from pipelines.core.yaml_file import read_mapping

FAR_FUTURE = dt.date(9999, 12, 31)
#: In a table of codes, as canonical_code: nobody has decided yet. The row maps nothing.
UNDECIDED = "?"


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One dated mapping of a source's code."""

    code_set: str
    source_code: str
    canonical_code: str
    valid_from: dt.date
    valid_to: dt.date


def read_tables(folder: Path, entries: Any, contract: Contract, where: str) -> tuple[CodeRow, ...]:
    """The rows of the tables that a binding names under `codes:`. Raises ConfigurationError.

    Args:
        folder: the city's.
        entries: what stands under `codes:`: code set to file name.
        contract: whose columns say which code sets there are.
        where: the binding's file.
    """
    if not isinstance(entries, dict):
        raise ConfigurationError(pick("codes: is no list of SET: FILE.csv", "codes: 须写作 代码集: 文件名.csv"), where=where,
                                 remedy="codes: {category: FILE.csv}")  # fmt: skip
    known = sorted({column.codes for column in contract.columns if column.codes})
    rows: list[CodeRow] = []
    for code_set, name in entries.items():
        at = f"{where}: codes: {code_set}"
        if code_set not in known:
            what = pick(f"no column of {contract.id} takes codes of {str(code_set)!r}: its table would map nothing",
                        f"契约 {contract.id} 没有使用代码集 {str(code_set)!r} 的列：该表不会起作用")  # fmt: skip
            raise ConfigurationError(what, where=at, remedy=did_you_mean(str(code_set), known))
        rows += _rows(_there(folder, name, at), code_set)
    return tuple(rows)


def _there(folder: Path, name: Any, where: str) -> Path:
    """The file of a table. Raises ConfigurationError where there is none."""
    path = folder / "codes" / str(name)
    if name and path.is_file():
        return path
    what = pick(f"the table of codes {str(name)!r} is not there", f"代码表 {str(name)!r} 不存在")
    if not name:
        what = pick("names no table of codes", "未写明代码表文件")
    known = [p.name for p in sorted(path.parent.glob("*.csv")) if p.is_file()] if name else []
    told = f"{folder.name}/codes/{name or 'FILE.csv'}"
    otherwise = pick(f"write {told} (source_code,canonical_code), or have it proposed: citybrain new-feed ... --codes; "
                     "or take the entry out",
                     f"请补上 {told}（source_code,canonical_code），或用 citybrain new-feed ... --codes 生成，"
                     "或删去该项")  # fmt: skip
    raise ConfigurationError(what, where=where, remedy=did_you_mean(str(name), known, otherwise))


def _rows(path: Path, code_set: str) -> Iterator[CodeRow]:
    for number, row in _records(path):
        source, canonical = (row.get("source_code") or "").strip(), (row.get("canonical_code") or "").strip()
        if not source or not canonical:
            raise ConfigurationError(
                pick("a row needs source_code and canonical_code", "每行须有 source_code 与 canonical_code"),
                where=f"{path}:{number}",
                remedy=pick("the first line is source_code,canonical_code[,valid_from,valid_to]",
                            "首行须为 source_code,canonical_code[,valid_from,valid_to]"),
            )  # fmt: skip
        if canonical != UNDECIDED:
            first, end = _day(row, "valid_from", path, number), _day(row, "valid_to", path, number)
            yield CodeRow(code_set, source, canonical, first or dt.date(1900, 1, 1), end or FAR_FUTURE)


def _records(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The rows of a table with their numbers, the header being 1. Raises ConfigurationError if it is not UTF-8."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(enumerate(csv.DictReader(stream), start=2))
    except UnicodeDecodeError as error:
        raise ConfigurationError(pick("the table of codes is not UTF-8", "代码表不是 UTF-8 编码"), where=str(path),
                                 remedy=pick("save it as CSV UTF-8", "请另存为 CSV UTF-8")) from error  # fmt: skip


def _day(row: dict[str, str], column: str, path: Path, number: int) -> dt.date | None:
    if not (text := (row.get(column) or "").strip()):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(pick(f"{column}: {text!r} is no day", f"{column}：{text!r} 不是日期"),
                                 where=f"{path}:{number}",
                                 remedy=pick("write 2026-01-31", "请写作 2026-01-31")) from error  # fmt: skip


def undecided_codes(folder: Path) -> dict[str, int]:
    """Tables of codes of a city that hold undecided rows, and how many."""
    found: dict[str, int] = {}
    for path in sorted((folder / "codes").glob("*.csv")):
        number = sum((row.get("canonical_code") or "").strip() == UNDECIDED for _, row in _records(path))
        if number:
            found[path.name] = number
    return found


def empty_tables(folder: Path) -> list[tuple[str, str, str]]:
    """Tables that bindings of a city name and that have no row: (feed, code set, file). They map nothing, and say so nowhere."""
    return [
        (path.stem, code_set, name)
        for path in sorted((folder / "feeds").glob("*.yml"))
        for code_set, name in (read_mapping(path).get("codes") or {}).items()
        if not _records(folder / "codes" / name)
    ]
