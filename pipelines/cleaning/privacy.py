"""Privacy: what may be kept of text that can hold anything.

Belongs here: the words of committed vocabularies found in free text. Does not: free text itself, which goes nowhere but
into the vault with the bytes as received.
"""

from __future__ import annotations

import csv
from functools import cache

import polars as pl

from pipelines.cleaning.few import changed_where
from pipelines.core.contracts import CONTRACTS


@cache
def vocabulary() -> tuple[str, ...]:
    """Terms of `terms.csv`, in order."""
    with (CONTRACTS / "terms.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(row["term"] for row in csv.DictReader(stream))


def terms(texts: list[pl.Series], height: int) -> pl.Series:
    """The distinct vocabulary words of each row's free text, sorted; an empty list where there is none."""
    if not texts:
        return pl.Series([[]], dtype=pl.List(pl.String)).new_from_index(0, height)
    frame = pl.DataFrame([t.alias(str(i)) for i, t in enumerate(texts)])
    joined = frame.select(pl.concat_str(pl.all().fill_null(""), separator="\n")).to_series()
    found = joined.str.extract_many(list(vocabulary())).list.unique()
    return changed_where(found, found.list.len() > 1, lambda several: several.list.sort())
