"""Quantiles of minutes, of a collection that changes: what a median was after each step.

Belongs here: the collection. Does not: the published median (dbt computes it from the cases).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Minutes:
    """How often each number of minutes occurs."""

    counts: Counter[int] = field(default_factory=Counter)

    def exchange(self, pairs: Iterable[tuple[int | None, int | None]]) -> None:
        """Each pair takes one value out and puts one in; None is none."""
        for out, into in pairs:
            if out is not None:
                self.counts[out] -= 1
            if into is not None:
                self.counts[into] += 1

    def quantile(self, quantile: float, unit: int) -> float | None:
        """The quantile in units of so many minutes: observed at the ends, else between two neighbours (as quantile_cont)."""
        total = sum(self.counts.values())
        if not total:
            return None
        position = quantile * (total - 1)
        low, high = self._at(math.floor(position)), self._at(math.ceil(position))
        return (low + (high - low) * (position - math.floor(position))) / unit

    def _at(self, ordinal: int) -> int:
        seen = 0
        for minutes in sorted(self.counts):
            seen += self.counts[minutes]
            if seen > ordinal:
                return minutes
        raise IndexError(ordinal)
