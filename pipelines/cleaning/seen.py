"""Seen: how often a text stood in earlier batches of the same file, in memory that a file of ten million rows leaves free.

Belongs here: remembering texts by two 64-bit marks (16 bytes a text) with their counts, asking for many at once. Does not:
how a text is marked, what a repeat is (identity). Nearly every text is new, so a filter (Bloom's: a byte at two places of a
table says that something with such a mark was added) answers for most; only what it lets through is looked for in sorted
runs, of which every FAN are merged into one. Looking every text up in the runs took a sixth of all time for ten million rows
(6 us a row, 2026-11-22).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[Any]]
#: How many runs of one size are merged into one of the next.
FAN = 8
#: Bytes of the filter for each text: at eight, one new text in twenty is looked for in vain.
ROOM = 8
SMALLEST = 1 << 16


@dataclass(frozen=True, slots=True)
class Marks:
    """Two 64-bit numbers a text, spread evenly (parts of a digest): equal marks are taken for equal texts."""

    first: Numbers
    second: Numbers

    def __len__(self) -> int:
        return len(self.first)

    def where(self, chosen: Numbers) -> Marks:
        """Those at the places given, or where a mask is true."""
        return Marks(self.first[chosen], self.second[chosen])


@dataclass(frozen=True, slots=True)
class _Run:
    """Distinct marks in order of the first, each with its count."""

    first: Numbers
    second: Numbers
    counts: Numbers
    tier: int

    @classmethod
    def of(cls, marks: Marks, counts: Numbers, tier: int = 0) -> _Run:
        order = np.argsort(marks.first, kind="stable")  # stable is quick on runs laid end to end: it merges them
        marks, counts = marks.where(order), counts[order]
        if not (marks.first[1:] == marks.first[:-1]).any():
            return cls(marks.first, marks.second, counts, tier)
        order = np.lexsort((marks.second, marks.first))
        marks, counts = marks.where(order), counts[order]
        first, second = marks.first, marks.second
        starts = np.flatnonzero(np.r_[True, (first[1:] != first[:-1]) | (second[1:] != second[:-1])])
        return cls(first[starts], second[starts], np.add.reduceat(counts, starts), tier)

    def counted(self, marks: Marks) -> Numbers:
        at = np.searchsorted(self.first, marks.first, side="left")
        ends = np.searchsorted(self.first, marks.first, side="right")
        found = np.zeros(len(marks), dtype=np.int64)
        while (open_ := at < ends).any():  # a second round only where first marks collide: about once in 10^5 files
            here = np.flatnonzero(open_)
            same = here[self.second[at[here]] == marks.second[here]]
            found[same] = self.counts[at[same]]
            at[here] += 1
        return found


@dataclass(slots=True)
class Seen:
    """What earlier batches held."""

    runs: list[_Run] = field(default_factory=list)
    filter: Numbers = field(default_factory=lambda: np.zeros(SMALLEST, dtype=np.bool_))
    added: int = 0

    def counts(self, marks: Marks) -> Numbers:
        """How often each text was added before: int64, as long as `marks`."""
        total = np.zeros(len(marks), dtype=np.int64)
        one, two = self._places(marks)
        asked = np.flatnonzero(self.filter[one])
        asked = asked[self.filter[two[asked]]]
        if len(asked):
            doubtful = marks.where(asked)
            total[asked] = sum(run.counted(doubtful) for run in self.runs)
        return total

    def add(self, marks: Marks) -> None:
        """Remember a batch of texts."""
        if not len(marks):
            return
        self.runs.append(_Run.of(marks, np.ones(len(marks), dtype=np.int32)))
        self.added += len(marks)
        if ROOM * self.added > len(self.filter):
            size = 1 << (ROOM * self.added - 1).bit_length()
            self.filter = np.zeros(size, dtype=np.bool_)
            for run in self.runs:
                self._enter(Marks(run.first, run.second))
        else:
            self._enter(marks)
        while len(self.runs) >= FAN and self.runs[-FAN].tier == self.runs[-1].tier:
            self.runs[-FAN:] = [_merged(self.runs[-FAN:])]

    def _enter(self, marks: Marks) -> None:
        for places in self._places(marks):
            self.filter[places] = True

    def _places(self, marks: Marks) -> tuple[Numbers, Numbers]:
        mask = np.uint64(len(self.filter) - 1)
        return (marks.first & mask).astype(np.int64), (marks.second & mask).astype(np.int64)


def _merged(runs: list[_Run]) -> _Run:
    marks = Marks(np.concatenate([run.first for run in runs]), np.concatenate([run.second for run in runs]))
    return _Run.of(marks, np.concatenate([run.counts for run in runs]), runs[-1].tier + 1)
