"""Few: dear work on the few values of a column that need it, the others left as they are.

Belongs here: applying a function to marked values and putting them back in place. Does not: what the work is.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl


def changed_where(values: pl.Series, marked: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """`values` with `change` of those that are marked in their places; `change` sees the marked ones only, in order."""
    marked = marked.fill_null(False)
    if not marked.any():
        return values
    new = change(values.filter(marked)).cast(values.dtype)
    place = pl.DataFrame({"m": marked}).select(
        pl.when("m").then(pl.col("m").cum_sum() - 1 + len(values)).otherwise(pl.int_range(pl.len()))
    )
    return pl.concat([values, new.alias(values.name)]).gather(place.to_series())
