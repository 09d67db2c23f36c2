"""Codes: what a source's code means on each day - by the shipped vocabularies, the city's rows, and what people decided.

Belongs here: laying the three over one another. Does not: reading a city's rows (bindings), making decisions (code_decisions),
looking a code up (dbt's staging joins `ops.code_map`).
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.core.bindings import City
from pipelines.core.code_tables import FAR_FUTURE, CodeRow
from pipelines.core.contracts import CONTRACTS
from pipelines.core.errors import ConfigurationError

FIRST_DAY = dt.date(1900, 1, 1)
EVERY_SYSTEM = "*"


def vocabulary() -> list[dict[str, str]]:
    """The shipped vocabularies."""
    with (CONTRACTS / "codes.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def plain(text: str) -> str:
    """A code as it is compared."""
    return unicodedata.normalize("NFKC", text).strip()


def _shipped() -> dict[str, dict[str, str]]:
    """code_set -> spelling -> canonical code; a spelling that two codes claim belongs to the first."""
    found: dict[str, dict[str, str]] = {}
    for row in vocabulary():
        spellings = [row["canonical_code"], row["name_zh"], row["name_en"], *row["synonyms"].split("|")]
        for spelling in filter(None, map(plain, spellings)):
            found.setdefault(row["code_set"], {}).setdefault(spelling, row["canonical_code"])
    return found


@dataclass(frozen=True, slots=True)
class Mapping:
    """A decision on a code: from `row.valid_from` on, in one system or every one."""

    decision_id: int
    system: str
    row: CodeRow

    def holds_in(self, system: str) -> bool:
        """Whether it is about this system."""
        return self.system in (system, EVERY_SYSTEM)


def standing_mappings(decisions: Iterable[dict[str, Any]]) -> list[Mapping]:
    """Decisions on codes that were not moved to the city folder, in the order made."""
    told = [(d, json.loads(d["content"])) for d in decisions if d["kind"] == "code_mapping"]
    moved = {number for _, content in told for number in content.get("moved", ())}
    return [
        Mapping(
            d["decision_id"], content.get("system", EVERY_SYSTEM),
            CodeRow(content["code_set"], content["source_code"], content["canonical_code"],
                    dt.date.fromisoformat(d["effective_from"]), FAR_FUTURE),
        )
        for d, content in told if "moved" not in content and d["decision_id"] not in moved
    ]  # fmt: skip


def overlay(rows: Sequence[CodeRow], decided: Sequence[Mapping]) -> list[CodeRow]:
    """The city's rows of one code under what was decided about it: from the first decided day on the decisions hold.

    Of two decisions from one day the later one holds; each lasts until the next.
    """
    if not decided:
        return list(rows)
    by_day = {m.row.valid_from: m.row for m in sorted(decided, key=lambda m: m.decision_id)}
    days = sorted(by_day)
    kept = [replace(r, valid_to=min(r.valid_to, days[0])) for r in rows if r.valid_from < days[0]]
    return kept + [replace(by_day[day], valid_to=until) for day, until in zip(days, [*days[1:], FAR_FUTURE], strict=True)]


def code_map(city: City, decisions: Sequence[dict[str, Any]] = ()) -> list[tuple[Any, ...]]:
    """Every dated mapping, per contract and system: (contract, system, code set, source code, canonical code, from, to).

    The city's rows win over the shipped spellings for their dates, decisions over the city's rows from their day on.
    Raises ConfigurationError when two of the city's rows for one code hold on the same day.
    """
    shipped, rows = _shipped(), []
    mappings = standing_mappings(decisions)
    for contract, system in sorted({(b.contract.id, b.system) for b in city.feeds}):
        own: dict[tuple[str, str], list[CodeRow]] = {}
        decided: dict[tuple[str, str], list[Mapping]] = {}
        for binding in city.feeds:
            if (binding.contract.id, binding.system) == (contract, system):
                for code in binding.codes:
                    own.setdefault((code.code_set, plain(code.source_code)), []).append(code)
        for mapping in mappings:
            if mapping.holds_in(system):
                decided.setdefault((mapping.row.code_set, plain(mapping.row.source_code)), []).append(mapping)
        known = {(code_set, spelling) for code_set, spellings in shipped.items() for spelling in spellings}
        for code_set, source_code in sorted({*own, *decided, *known}):
            key = code_set, source_code
            fallback = shipped.get(code_set, {}).get(source_code)
            where = f"{contract}, {system}: {code_set} {source_code!r}"
            meant = overlay(resolved(own.get(key, []), where), decided.get(key, []))
            rows += [(contract, system, code_set, source_code, *span) for span in _filled(meant, fallback)]
    return rows


def meaningless(city: City) -> list[tuple[str, str, tuple[str, ...]]]:
    """Codes that the city's tables map to and no vocabulary has, by feed and code set: such rows count as UNMAPPED."""
    known = {(row["code_set"], row["canonical_code"]) for row in vocabulary()}
    sets = {code_set for code_set, _ in known}  # a set without a vocabulary is told by a feed, as departments are
    found: dict[tuple[str, str], set[str]] = {}
    for binding in city.feeds:
        for row in binding.codes:
            if row.code_set in sets and (row.code_set, row.canonical_code) not in known:
                found.setdefault((binding.feed, row.code_set), set()).add(row.canonical_code)
    return [(feed, code_set, tuple(sorted(of))) for (feed, code_set), of in sorted(found.items())]


def resolved(codes: Iterable[CodeRow], where: str) -> list[CodeRow]:
    """The city's rows of one code without overlap: a later statement cuts an earlier one that runs to the far future.

    Raises ConfigurationError when two hold on the same day otherwise.
    """
    found: list[CodeRow] = []
    for code in sorted({c for c in codes if c.valid_from < c.valid_to}, key=lambda c: (c.valid_from, c.valid_to)):
        if found and found[-1].valid_to > code.valid_from:
            before = found.pop()
            if before.valid_to != FAR_FUTURE or before.valid_from == code.valid_from:
                raise ConfigurationError(
                    "two mappings hold on the same day", where=where, remedy="give them valid_from and valid_to"
                )
            found.append(replace(before, valid_to=code.valid_from))
        found.append(code)
    return found


def _filled(rows: Sequence[CodeRow], fallback: str | None) -> list[tuple[str, dt.date, dt.date]]:
    """(canonical code, from, to); `fallback` on the days on which no row holds."""
    spans = [(row.canonical_code, row.valid_from, row.valid_to) for row in rows]
    if fallback is None:
        return spans
    filled, day = [], FIRST_DAY
    for canonical, since, until in [*spans, (fallback, FAR_FUTURE, FAR_FUTURE)]:
        if since > day:
            filled.append((fallback, day, since))
        if since < until:
            filled.append((canonical, since, until))
        day = max(day, until)
    return filled
