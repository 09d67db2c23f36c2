"""Rows for the acceptance city: columns given by canonical name, written under the contract's own headers.

Belongs here: filling columns, spreading days, writing CSV. Does not: what any place reported (places).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.core.contracts import load_contract


def rows(count: int, prefix: str, **columns: Any) -> pl.DataFrame:
    """`count` rows numbered `prefix` + 7 digits; a column is one value for all, a sequence, or an expression over `n`."""
    frame = pl.DataFrame({"n": pl.int_range(count, eager=True)})
    made = [(pl.lit(prefix) + pl.col("n").cast(pl.String).str.zfill(7)).alias("source_case_no")]
    for name, value in columns.items():
        if isinstance(value, pl.Expr):
            made.append(value.alias(name))
        elif isinstance(value, Sequence) and not isinstance(value, str):
            made.append(pl.lit(pl.Series(name, value)).alias(name))
        else:
            made.append(pl.lit(value).alias(name))
    return frame.select(made)


def spread(first: str, last: str) -> pl.Expr:
    """A day of each row, in turn over all days from `first` to `last`."""
    start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    days = (end - start).days + 1
    return (pl.lit(start) + pl.duration(days=pl.col("n") % days)).cast(pl.Date)


def at_noon(day: pl.Expr) -> pl.Expr:
    """Noon of a day, as departments write it."""
    return day.dt.strftime("%Y-%m-%d 12:00:00")


def first(count: int, yes: Any, no: Any = None) -> pl.Expr:
    """`yes` for the first `count` rows, `no` for the others; both may be expressions."""
    return (
        pl.when(pl.col("n") < count)
        .then(yes if isinstance(yes, pl.Expr) else pl.lit(yes))
        .otherwise(no if isinstance(no, pl.Expr) else pl.lit(no))
    )


def write(folder: Path, contract: str, parts: Sequence[pl.DataFrame], *, stamp: str = "20220831") -> Path:
    """One CSV of all parts, columns under their Chinese business names."""
    known = load_contract(contract)
    table = pl.concat(parts, how="diagonal_relaxed")
    path = folder / contract / f"{contract}_{stamp}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    table.rename({name: known.column(name).title_zh for name in table.columns}).write_csv(path)
    return path
