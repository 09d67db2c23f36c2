"""Which periods there are, and which days lie in them: the truth's own reading of weeks, months, years to date.

Belongs here: periods as plain dates. Does not: figures, the SQL of int_metric_period.
"""

from __future__ import annotations

import datetime as dt
import itertools

import polars as pl
from lunardate import LunarDate


def _spans(kind: str, days: list[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Start and inclusive end of the periods of one kind that hold one of `days`; the last of them is today."""
    today, one = days[-1], dt.timedelta(days=1)
    months = [dt.date(y, m, 1) for y in range(days[0].year, today.year + 2) for m in range(1, 13)]
    ends = [b - one for b in months[1:] if b - one <= today]
    step = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}.get(kind)
    if step:
        return [(a, b - one) for a, b in itertools.pairwise(months[::step]) if a <= today and b > days[0]]
    if kind == "day":
        return [(day, day) for day in days]
    if kind == "week":
        mondays = {day - dt.timedelta(days=day.weekday()) for day in days}
        return [(day, day + dt.timedelta(days=6)) for day in sorted(mondays)]
    if kind == "rolling_28d":
        return [(day - dt.timedelta(days=27), day) for day in days if day.weekday() == 6 or day == today]
    year_ago = today.replace(year=today.year - 1, day=min(today.day, 28) if today.month == 2 else today.day)
    if kind.endswith("_to_date") and kind != "year_to_date":
        length = {"month_to_date": 1, "quarter_to_date": 3, "half_year_to_date": 6}[kind]
        return [(end.replace(month=end.month - (end.month - 1) % length, day=1), end) for end in (year_ago, today)]
    if kind == "spring_festival":
        firsts = [LunarDate(year, 1, 1).to_solar_date() for year in range(days[0].year, today.year + 1)]
        return [(day - 21 * one, day + 20 * one) for day in firsts if day - 21 * one <= today]
    if kind == "year_to_date":
        return [(dt.date(end.year, 1, 1), end) for end in sorted({*ends, today, year_ago})]
    since = dt.date(today.year - 1 - (today.month == 1), (today.month - 2) % 12 + 1, 1)
    return [(days[0], end) for end in sorted({*[e for e in ends if e >= since], today})]


def windows_of(kind: str, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Which days lie in which periods of one kind: period_kind, period_start, period_end, day."""
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    spans = pl.DataFrame(_spans(kind, days), schema={"period_start": pl.Date, "period_end": pl.Date}, orient="row")
    held = spans.with_columns(
        pl.lit(kind).alias("period_kind"),
        pl.date_ranges(pl.max_horizontal("period_start", pl.lit(first)), pl.min_horizontal("period_end", pl.lit(last)))
        .alias("day"),
    )  # fmt: skip
    return held.explode("day").drop_nulls("day")
