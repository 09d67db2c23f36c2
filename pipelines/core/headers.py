"""Headers: which source column holds which canonical column.

Belongs here: how spellings are compared, and the choice among several. Does not: what a missing column means (judge says),
reading files.
"""

from __future__ import annotations

import re
import unicodedata

from pipelines.core.bindings import Binding


def plain(header: str) -> str:
    """A header as it is compared: NFKC, no blanks, lower case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", header)).lower()


def known_headers(binding: Binding) -> dict[str, list[tuple[int, str]]]:
    """Plain header -> (priority, canonical column); the binding's own spelling wins, then the contract's order."""
    known: dict[str, list[tuple[int, str]]] = {}
    for column in binding.contract.columns:
        spellings = [binding.columns.get(column.name), column.title_zh, column.name, *column.synonyms]
        if column.name in binding.columns:  # a stated header replaces the contract's spellings
            spellings = [binding.columns[column.name]]
        for priority, spelling in enumerate(spellings):
            if spelling:
                known.setdefault(plain(spelling), []).append((priority, column.name))
    return known


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
