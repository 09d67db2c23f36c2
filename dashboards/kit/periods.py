"""Periods: which days a board looks at, and with which days of the year before they are compared.

Belongs here: the year to date and the complete months before `as_of`. Does not: figures of a period (the marts), the
select box (filters). Never an open period against a full one: the year to date ends on the same day a year before, and
an open month is not offered.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from dashboards.kit.chance import whole
from dashboards.kit.filters import YEAR_TO_DATE, View
from dashboards.kit.words import Words
from pipelines.trace import is_over

ONE_DAY = dt.timedelta(days=1)


def same_day_last_year(day: dt.date) -> dt.date:
    """The same day a year before; 28 February for the 29th."""
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


def month_end(month: dt.date) -> dt.date:
    """The last day of the month of `month`."""
    return months_before(month.replace(day=1), -1) - ONE_DAY


def months_before(month: dt.date, count: int) -> dt.date:
    """The first day of the month `count` months before the month of `month`."""
    number = month.year * 12 + month.month - 1 - count
    return dt.date(number // 12, number % 12 + 1, 1)


def last_complete_month(as_of: dt.datetime) -> dt.date:
    """The first day of the last month that is over at `as_of`."""
    day = as_of.date()
    return day.replace(day=1) if is_over(month_end(day), as_of) else months_before(day, 1)


def last_complete_week(as_of: dt.datetime) -> dt.date:
    """The Monday of the last week (Monday to Sunday) that is over at `as_of`."""
    monday = as_of.date() - as_of.weekday() * ONE_DAY
    return monday if is_over(monday + 6 * ONE_DAY, as_of) else monday - 7 * ONE_DAY


def open_month(as_of: dt.datetime) -> dt.date | None:
    """The first day of the month that has begun and is not over at `as_of`; None on its last evening."""
    month = as_of.date().replace(day=1)
    return month if month > last_complete_month(as_of) else None


@dataclass(frozen=True, slots=True)
class Period:
    """The days looked at. `month` is the month shown, or for the year to date the last complete one."""

    is_year_to_date: bool
    today: dt.date
    month: dt.date

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """The first and the last day."""
        if self.is_year_to_date:
            return self.today.replace(month=1, day=1), self.today
        return self.month, month_end(self.month)

    @property
    def earlier_days(self) -> tuple[dt.date, dt.date]:
        """The first and the last day of the period it is compared with."""
        if self.is_year_to_date:
            return self.today.replace(year=self.today.year - 1, month=1, day=1), same_day_last_year(self.today)
        before = months_before(self.month, 12)
        return before, month_end(before)

    @property
    def params(self) -> dict[str, Any]:
        """As parameters of queries."""
        return {
            "is_year_to_date": self.is_year_to_date, "today": self.today, "month": self.month,
            "month_end": month_end(self.month), "first": months_before(self.month, 2 * whole("trend_months")),
        }  # fmt: skip


def options(as_of: dt.datetime, earliest: dt.date) -> list[str]:
    """What a reader may choose, newest first: the year to date, then complete months."""
    last = last_complete_month(as_of)
    months = [months_before(last, n) for n in range(whole("trend_months"))]
    return [YEAR_TO_DATE, *(f"{month:%Y-%m}" for month in months if month >= earliest)]


def period_of(view: View, as_of: dt.datetime) -> Period:
    """The period a view names; a month that is not over yet gives the last complete one."""
    last = last_complete_month(as_of)
    month = view.month
    return Period(month is None, as_of.date(), min(month, last) if month else last)


def written(option: str, words: Words, as_of: dt.datetime) -> str:
    """An option as words."""
    month = View(period=option).month
    return words.month(month) if month else words("period.ytd", day=words.day(as_of.date()))
