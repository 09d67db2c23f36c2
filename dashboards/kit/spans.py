"""Spans: complete weeks, months, quarters and years, and how each is called.

Belongs here: a period of one of these units, the ones before it, the same one a year before, which are complete. Does
not: the year to date and the month of a whole page (periods), figures of a span (the marts).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from dashboards.kit.chance import whole
from dashboards.kit.filters import is_year
from dashboards.kit.periods import ONE_DAY, months_before
from dashboards.kit.words import Words
from pipelines.trace import is_over

Unit = Literal["week", "month", "quarter", "year"]
UNITS: tuple[Unit, ...] = ("month", "week", "quarter", "year")
MONTHS_IN: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}
#: A week is compared with the week of the same weekdays 52 weeks before.
WEEKS_A_YEAR = 52
_CODES = {
    "week": re.compile(r"(?P<year>[1-9]\d{3})-W(?P<number>\d{2})"),
    "month": re.compile(r"(?P<year>[1-9]\d{3})-(?P<number>0[1-9]|1[0-2])"),
    "quarter": re.compile(r"(?P<year>[1-9]\d{3})-Q(?P<number>[1-4])"),
    "year": re.compile(r"(?P<year>[1-9]\d{3})(?P<number>)"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """One calendar week (Monday to Sunday), month, quarter or year by its first day."""

    unit: Unit
    start: dt.date

    @property
    def end(self) -> dt.date:
        """The last day."""
        return self.earlier(-1).start - ONE_DAY

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    @property
    def code(self) -> str:
        """2026-W26, 2026-06, 2026-Q2 or 2026: what stands in an address."""
        if self.unit == "week":
            year, week, _ = self.start.isocalendar()
            return f"{year}-W{week:02d}"
        if self.unit == "quarter":
            return f"{self.start.year}-Q{(self.start.month + 2) // 3}"
        return f"{self.start:%Y-%m}" if self.unit == "month" else f"{self.start.year}"

    def earlier(self, count: int) -> Span:
        """The span `count` spans before."""
        if self.unit == "week":
            return Span("week", self.start - 7 * count * ONE_DAY)
        return Span(self.unit, months_before(self.start, count * MONTHS_IN[self.unit]))

    @property
    def year_before(self) -> Span:
        """The same span a year before."""
        return self.earlier(WEEKS_A_YEAR if self.unit == "week" else 12 // MONTHS_IN[self.unit])

    def written(self, words: Words) -> str:
        """Its name in a sentence."""
        if self.unit == "month":
            return words.month(self.start)
        if self.unit == "week":
            return words.span(self.start, self.end)
        return words(f"span.{self.unit}", year=self.start.year, number=(self.start.month + 2) // 3)

    def short(self, words: Words) -> str:
        """Its name on an axis."""
        if self.unit == "month":
            return words.month_short(self.start)
        if self.unit == "week":
            return words("span.week_short", year=self.start.year % 100, month=self.start.month, day=self.start.day)
        return words(f"span.{self.unit}_short", year=self.start.year, number=(self.start.month + 2) // 3)


def unit_of(text: str) -> Unit:
    """The unit that an address names; months else."""
    return next((unit for unit in UNITS if unit == text), "month")


def span_of(code: str, unit: Unit) -> Span | None:
    """The span that a code names; None for a code of another unit or of no span there is."""
    found = _CODES[unit].fullmatch(code)
    if found is None:
        return None
    year, number = int(found["year"]), int(found["number"] or 1)
    if not is_year(year):
        return None
    if unit == "week":
        try:
            return Span(unit, dt.date.fromisocalendar(year, number, 1))
        except ValueError:
            return None
    return Span(unit, dt.date(year, (number - 1) * MONTHS_IN[unit] + 1, 1))


def newest(unit: Unit, as_of: dt.datetime) -> Span:
    """The last span that is over at `as_of`; an export closed in the last hour of a day has all of it."""
    day = as_of.date()
    first = day - day.weekday() * ONE_DAY if unit == "week" else day.replace(day=1)
    if unit in ("quarter", "year"):
        size = MONTHS_IN[unit]
        first = dt.date(day.year, (day.month - 1) // size * size + 1, 1)
    here = Span(unit, first)
    return here if is_over(here.end, as_of) else here.earlier(1)


def last_of(unit: Unit, as_of: dt.datetime) -> list[Span]:
    """The spans a trend is drawn of, in time order: as many as the reference table says, up to the last complete one."""
    last = newest(unit, as_of)
    return [last.earlier(n) for n in reversed(range(whole(f"trend_{unit}s")))]
