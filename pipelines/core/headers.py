"""Headers: which source column holds which canonical column.

Belongs here: how spellings are compared, and the choice among several. Does not: what a missing column means (judge says),
reading files.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence

from pipelines.core.bindings import Binding
from pipelines.core.contracts import Column
from pipelines.core.delete_flag import OWN_COLUMN

#: A header less alike than this is not proposed.
HALF = 0.5


def plain(header: str) -> str:
    """A header as it is compared: NFKC, no blanks and nothing invisible (a second byte order mark), lower case."""
    return re.sub(r"[\s\u200b-\u200f\u2060\ufeff]+", "", unicodedata.normalize("NFKC", header)).lower()


def spellings_of(column: Column, binding: Binding) -> list[str]:
    """What a column may be called, the most meant first: a stated header replaces the contract's, a synonym adds one."""
    added = binding.synonyms.get(column.name, ())
    if column.name in binding.columns:
        return [binding.columns[column.name], *added]
    return [column.title_zh, column.name, *column.synonyms, *added]


def told_apart(header: Sequence[str]) -> list[str]:
    """A header whose every text stands once: the second `备注` is `备注 (2)`, so that a row by header loses no cell."""
    told: list[str] = []
    for text in header:
        name, n = text, 1
        while name in told or (n > 1 and name in header):
            n += 1
            name = f"{text} ({n})"
        told.append(name)
    return told


def known_headers(binding: Binding) -> dict[str, list[tuple[int, str]]]:
    """Plain header -> (priority, canonical column); the binding's own spelling wins, then the contract's order."""
    known: dict[str, list[tuple[int, str]]] = {}
    for column in binding.contract.columns:
        for priority, spelling in enumerate(spellings_of(column, binding)):
            if spelling:
                known.setdefault(plain(spelling), []).append((priority, column.name))
    if binding.delete_flag and binding.delete_flag.header:
        known.setdefault(plain(binding.delete_flag.header), []).append((0, OWN_COLUMN))
    return known


def alike(offered: Sequence[str], column: Column, binding: Binding) -> tuple[str, float] | None:
    """Of headers that nothing knows the one most like a column's spellings, and how much (0 to 1); None if none is half."""
    spellings = [plain(text) for text in spellings_of(column, binding)]
    found = [
        (max(difflib.SequenceMatcher(None, plain(text), known).ratio() for known in spellings), -place, text)
        for place, text in enumerate(offered) if plain(text)
    ]  # fmt: skip
    share, _, text = max(found, default=(0.0, 0, ""))
    return (text, share) if share >= HALF else None


def positions(header: list[str], binding: Binding) -> tuple[dict[str, int], list[str]]:
    """Canonical column to its place in the header, and the headers that nothing knows."""
    known = known_headers(binding)
    offers: dict[str, list[tuple[int, int]]] = {}
    unknown = []
    for position, text in enumerate(header):
        found = known.get(plain(text))
        if not found:
            unknown.append(text)
        for priority, column in found or ():
            offers.setdefault(column, []).append((priority, position))
    return {column: min(places)[1] for column, places in offers.items()}, unknown
