"""Codes that no table knows, in the rows that count: how many rows, and the nearest known code.

Belongs here: finding them in landing. Does not: what a code means (core.codes), deciding it (`citybrain decide code_mapping`).
Such rows are no tickets: they land, and count as UNMAPPED until somebody says what the code means.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import polars as pl

from pipelines.core import codes
from pipelines.core.bindings import Binding
from pipelines.core.installation import Installation
from pipelines.core.personal_shapes import holds_personal
from pipelines.reports.worklist import Desk, nearest_code

#: Stands for a code that looks like a telephone, an identity number or a plate: a column was swapped with another.
NOT_SHOWN = "【不显示 not shown】"


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """One code of one feed: rows that hold it though no column of its set is understood; `nearest` may be empty."""

    bureau: str
    feed: str
    system: str
    code_set: str
    code: str
    rows_n: int
    nearest: str


def unknown_codes(place: Installation, *, bureau: str = "", feed: str = "") -> list[UnknownCode]:
    """Unknown codes of every feed, or of one bureau or feed, the most rows first."""
    desk, found = Desk(place), []
    landed = place.ledger.rows(
        "select p.feed, p.landing_path from parse p join file f using (feed, sha256) "
        "where p.is_current = 1 and f.status = 'loaded'"
    )
    for binding in place.city.feeds:
        if bureau not in ("", binding.bureau) or feed not in ("", binding.feed):
            continue
        paths = [row["landing_path"] for row in landed if row["feed"] == binding.feed]
        for code_set, columns in _columns(desk, binding).items():
            known = desk.codes_of(binding, binding.contract.column(columns[0]))
            counted: Counter[str] = Counter()
            for path in paths:
                counted += _not_understood(place, path, columns, set(known))
            found += [
                UnknownCode(binding.bureau, binding.feed, binding.system, code_set, code, n, nearest_code(code, known))
                for code, n in counted.items()
            ]
    return sorted(found, key=lambda one: (-one.rows_n, one.feed, one.code_set, one.code))


def _columns(desk: Desk, binding: Binding) -> dict[str, list[str]]:
    """Code set to the landed columns that hold it, for sets that tables of codes tell."""
    columns: dict[str, list[str]] = {}
    for column in binding.contract.landed:
        if desk.codes_of(binding, column):
            columns.setdefault(column.codes, []).append(column.name)
    return columns


def _not_understood(place: Installation, path: str, columns: list[str], known: set[str]) -> Counter[str]:
    """The first code of each row of which no code is known: code to rows."""
    rows = pl.scan_parquet(place.home.root / path)
    here = [name for name in columns if name in rows.collect_schema().names()]
    if not here:
        return Counter()
    counted: Counter[str] = Counter()
    for *texts, n in rows.group_by(here).len().collect().iter_rows():
        told = [codes.plain(text) for text in texts if text]
        if told and not known.intersection(told):
            counted[NOT_SHOWN if holds_personal(told[0], names=False) else told[0]] += n
    return counted
