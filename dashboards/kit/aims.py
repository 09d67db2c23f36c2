"""What a figure is to reach: whether a value does, and the sentence about its last month.

Belongs here: a target beside a value. Does not: who set it (marts.ref_target), targets drawn along a series (kit.series).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from dashboards.kit.periods import month_end
from dashboards.kit.reading import Figure


def is_reached(value: float, target: float, direction: str) -> bool:
    """Whether a value meets its target; `direction` is the register's: `higher` is better, or lower."""
    return value >= target if direction == "higher" else value <= target


def written(figure: Figure, value: float | None) -> str:
    """A value or target as the figure is written, with its unit."""
    text = figure.words.number(value, figure.decimals)
    return f"{text}%" if figure.unit == "%" else f"{text} {figure.unit}".strip()


def of_last_month(figure: Figure, months: Sequence[tuple[dt.date, float | None]], targets: pl.DataFrame, day: dt.date) -> str:
    """The target of the last month that is over, its value, whether it was met; empty without either.

    A cumulative figure has none: what was counted since ever is no month's value.

    Args:
        figure: a whole one: targets are not set for slices.
        months: kit.reading.monthly, with None for months that may not be judged yet.
        targets: rows of queries/targets.sql for months.
        day: of the data.
    """
    over = [(month, value) for month, value in months if month_end(month) <= day and value is not None]
    if figure.slice_kind != "all" or figure.row["period_kind"] == "cumulative" or not over:
        return ""
    month, value = over[-1]
    # In Python: so few rows, asked by each card of a page.
    goals = [
        float(row["target_value"])
        for row in targets.rows(named=True)
        if row["metric_id"] == figure.id and row["valid_from"] <= month < row["valid_to"]
    ]
    if not goals:
        return ""
    target = goals[0]
    key = "aim.met" if is_reached(value, target, str(figure.row["direction"])) else "aim.missed"
    words = figure.words
    return words(key, month=words.month(month), value=written(figure, value), target=written(figure, target))
