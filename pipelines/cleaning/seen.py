"""Seen: how often a text stood in earlier batches of the same file, in memory that a file of ten million rows leaves free.

Belongs here: remembering texts by two 64-bit hashes (16 bytes a text) with their counts, asking for many at once. Does not:
what a repeat is (identity). Sorted runs that double in size, so that n texts cost n log n and not n times the number of batches:
one run per batch took 54,000 look-ups for ten million rows (2026-11-22).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

SEEDS = (20261122, 410081)
Numbers = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class _Run:
    """Distinct marks in order of the first hash, then the second, each with its count."""

    first: Numbers
    second: Numbers
    counts: Numbers

    @classmethod
    def of(cls, first: Numbers, second: Numbers, counts: Numbers) -> _Run:
        order = np.lexsort((second, first))
        first, second, counts = first[order], second[order], counts[order]
        starts = np.flatnonzero(np.r_[True, (first[1:] != first[:-1]) | (second[1:] != second[:-1])])
        return cls(first[starts], second[starts], np.add.reduceat(counts, starts))

    def counted(self, first: Numbers, second: Numbers) -> Numbers:
        at = np.searchsorted(self.first, first, side="left")
        ends = np.searchsorted(self.first, first, side="right")
        found = np.zeros(len(first), dtype=np.int64)
        while (open_ := at < ends).any():  # a second round only where first hashes collide: about once in 10^5 files
            here = np.flatnonzero(open_)
            same = here[self.second[at[here]] == second[here]]
            found[same] = self.counts[at[same]]
            at[here] += 1
        return found


@dataclass(slots=True)
class Seen:
    """What earlier batches held."""

    runs: list[_Run] = field(default_factory=list)

    def counts(self, texts: pl.Series) -> pl.Series:
        """How often each text was added before: Int64, as long as `texts`."""
        first, second = (texts.hash(seed).to_numpy() for seed in SEEDS)
        total = np.zeros(len(texts), dtype=np.int64)
        for run in self.runs:
            total += run.counted(first, second)
        return pl.Series("n", total)

    def add(self, texts: pl.Series) -> None:
        """Remember a batch of texts."""
        if texts.is_empty():
            return
        first, second = (texts.hash(seed).to_numpy() for seed in SEEDS)
        self.runs.append(_Run.of(first, second, np.ones(len(texts), dtype=np.int64)))
        while len(self.runs) > 1 and len(self.runs[-2].first) <= 2 * len(self.runs[-1].first):
            newer, older = self.runs.pop(), self.runs.pop()
            joined = (np.concatenate(pair) for pair in zip(_parts(older), _parts(newer), strict=True))
            self.runs.append(_Run.of(*joined))


def _parts(run: _Run) -> tuple[Numbers, Numbers, Numbers]:
    return run.first, run.second, run.counts
