"""Unopened: kinds of case of which a board gives numbers for the whole city alone, and never a single case.

Belongs here: which they are (unopened.csv, a dated table), the conditions on rows that follow. Does not: hiding small cells
(the marts do that for every reader), who a reader is (access). Which day it is the build says (as_of), not the clock.

They are the four kinds of violent crime, all of them: with one left out the others would tell it. Of a part of the city only
their sum is told: by figure V03, and by how many a list leaves out.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_suffix(".csv")
#: Kinds of period that are no finer than a month.
MONTHS_AND_LONGER = (
    "month", "quarter", "half_year", "year", "year_to_date", "quarter_to_date", "half_year_to_date", "cumulative",
)  # fmt: skip


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def categories(day: dt.date) -> tuple[str, ...]:
    """Their codes as of a day, in order."""
    at = day.isoformat()
    return tuple(sorted(row["category_code"] for row in _rows() if row["effective_from"] <= at < row["effective_to"]))


def is_unopened(kind: str, code: str | None, day: dt.date) -> bool:
    """Whether a part of a figure, by its kind of slice and code, is of such a category on a day."""
    return kind == "category" and code in categories(day)


def shown_figures(root: str, day: dt.date, quote: Callable[[str], str]) -> str:
    """The condition on rows of figures (slice_kind, slice_code, grid_code, period_kind): not of a part of the city or month.

    Args:
        root: the code of the whole city.
        day: that the build is of.
        quote: writes a text as SQL does (access has it).
    """
    if not (kinds := categories(day)):
        return ""
    codes, long = (", ".join(map(quote, values)) for values in (kinds, MONTHS_AND_LONGER))
    coarse = f"grid_code = {quote(root)} and period_kind in ({long})"
    return f"(slice_kind <> 'category' or slice_code not in ({codes}) or ({coarse}))"
