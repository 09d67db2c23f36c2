"""The targets that the invented city's government sets for its figures.

Belongs here: which figure is to reach what, from when, by which document. Does not: whether it is reached (the marts).
One of them is for a figure that is no goal, as such lists hold them: the warehouse keeps and refuses it.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipelines.synthetic import words

OFFICE = "云湾市社会治理领导小组"
#: Figure, period kind, what it is to reach in the city's first year and in the years after.
GOALS = (
    ("M16", "month", 92.0, 95.0),
    ("M16", "year_to_date", 92.0, 95.0),
    ("M12", "quarter", 85.0, 88.0),
    ("M26", "year", 90.0, 95.0),
)
#: A number of lawsuits is not to be brought down; it was asked for nevertheless.
NO_GOAL = ("M03", "year", 60.0, 55.0)


def rows(start: dt.date) -> pl.DataFrame:
    """What the list says: metric, area, period kind, value, first day, who, document."""
    first = start.replace(month=1, day=1)
    told = [
        (metric, "all", "all", words.CITY_CODE, period, value, day, OFFICE, f"合成文件〔{day.year}〕1号")
        for metric, period, *values in (*GOALS, NO_GOAL)
        for value, day in zip(values, (first, first.replace(year=first.year + 1)), strict=True)
    ]
    cut = ["metric_id", "slice_kind", "slice_code", "area_code", "period_kind"]
    schema = [*cut, "target_value", "valid_from", "set_by", "source_text"]
    return pl.DataFrame(told, schema=schema, orient="row")
