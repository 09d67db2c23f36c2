"""Ripening: figures whose cases need time until their outcome is known, and from when a period of one can be judged.

Belongs here: which they are and how long they take (ripening.csv, a dated table). Does not: what a figure counts (the register),
the judgement itself (chance, process). Figures of cases that are due (M13, M14, M25) take in a case only when its time is
over, and ripen by themselves.

Why: at the end of June 20 points fewer of the year's agreements were performed than a year before, and a board said so in its
first sentence: those of April to June were not due yet, those of the year before all were (2026-11-23).
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_suffix(".csv")


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def ripe_days(metric_id: str, day: dt.date) -> int:
    """How many days after a case's day its outcome is known, by the table as of a day; 0: at once."""
    at = day.isoformat()
    found = (row for row in _rows() if row["metric_id"] == metric_id and row["effective_from"] <= at < row["effective_to"])
    return next((int(row["ripe_days"]) for row in found), 0)


def is_ripe(metric_id: str, last: dt.date, day: dt.date) -> bool:
    """Whether the outcome of all cases of a period that ends on `last` is known to data of `day`."""
    return last <= day - dt.timedelta(days=ripe_days(metric_id, day)) or not ripe_days(metric_id, day)


def judged(row: Mapping[str, Any], day: dt.date) -> dict[str, Any]:
    """A figure's row with `is_unripe`: that it is not to be compared with an earlier period, whose cases are all ripe."""
    last = row["period_end"]
    return {**row, "is_unripe": last is not None and not is_ripe(row["metric_id"], min(last, day), day)}
