"""Words: every word a board shows, in Chinese and English, and how numbers and times are written in each.

Belongs here: the table of words (`dashboards/words/*.csv`: what several boards say in shared.csv, else a file per board)
and the writing of numbers, dates and periods. Does not: names that come with the data (areas, figures, feeds have theirs
in the marts), layout.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
TABLES = Path(__file__).resolve().parents[1] / "words"
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
#: What stands where a number is not shown.
NOTHING = "—"
PRECISIONS = {"minute": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
HOURS_A_DAY = 24
TEN_DAYS = 10


def rows() -> list[dict[str, str]]:
    """Every row of every table: key, zh, en."""
    found = []
    for path in sorted(TABLES.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            found += list(csv.DictReader(stream))
    return found


@cache
def table() -> dict[str, dict[str, str]]:
    """The words by key: {"board.risk": {"zh": ..., "en": ...}}."""
    return {row["key"]: {"zh": row["zh"], "en": row["en"]} for row in rows()}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The words under `key` with `values` put in. Raises KeyError for a key the table does not have."""
        return table()[key][self.language].format(**values)

    def has(self, key: str) -> bool:
        """Whether the table knows `key` (codes of the data may be newer than the table)."""
        return key in table()

    def pick(self, row: Mapping[str, Any], stem: str) -> str:
        """The name in this language out of a row with `<stem>_zh` and `<stem>_en`; the other one where it is empty."""
        other = "en" if self.language == "zh" else "zh"
        return str(row.get(f"{stem}_{self.language}") or row.get(f"{stem}_{other}") or "")

    # --- numbers --------------------------------------------------------------------------------------------------

    def number(self, value: Decimal | float | None, decimals: int = 0) -> str:
        """12,345 or 75.82: grouped by thousands, half-up at `decimals`; a dash for nothing."""
        if value is None:
            return NOTHING
        exact = value if isinstance(value, Decimal) else Decimal(repr(value))
        shown = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        return f"{shown:,.{decimals}f}".replace("-", "−")

    def signed(self, value: Decimal | float, decimals: int = 0) -> str:
        """A change with its sign, also the plus; nothing changed has none."""
        text = self.number(value, decimals)
        return f"+{text}" if value > 0 and any(digit in text for digit in "123456789") else text

    def percent(self, value: Decimal | float | None, decimals: int = 1) -> str:
        """A number that is already in percent, with the sign."""
        return NOTHING if value is None else f"{self.number(value, decimals)}%"

    # --- times ----------------------------------------------------------------------------------------------------

    def day(self, day: dt.date | None) -> str:
        """2026年6月30日 or 30 June 2026."""
        if day is None:
            return NOTHING
        if self.language == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"

    def month(self, day: dt.date) -> str:
        """2026年6月 or June 2026."""
        return f"{day.year}年{day.month}月" if self.language == "zh" else f"{MONTHS[day.month - 1]} {day.year}"

    def month_short(self, day: dt.date) -> str:
        """For an axis: 26年6月 or Jun 26."""
        year = day.year % 100
        return f"{year:02d}年{day.month}月" if self.language == "zh" else f"{MONTHS[day.month - 1][:3]} {year:02d}"

    def moment(self, moment: dt.datetime | str | None) -> str:
        """A day with hour and minute."""
        if not moment:
            return NOTHING
        when = dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return f"{self.day(when.date())} {when:%H:%M}"

    def stamp(self, moment: dt.datetime | None, precision: str = "minute") -> str:
        """A time in a list, as exact as it is known: 2026-06-30 10:34, 2026-06-30, 2026-06 or 2026."""
        return f"{moment:{PRECISIONS.get(precision, PRECISIONS['minute'])}}" if moment else NOTHING

    def span(self, start: dt.date, end: dt.date) -> str:
        """From the first to the last day, the year said once where it is the same."""
        if self.language == "zh":
            last = f"{end.month}月{end.day}日" if start.year == end.year else self.day(end)
            return f"{self.day(start)}至{last}"
        first = f"{start.day} {MONTHS[start.month - 1]}" if start.year == end.year else self.day(start)
        return f"{first} to {self.day(end)}"

    def hours(self, hours: float) -> str:
        """A length of time: hours below two days, else days."""
        if hours < 2 * HOURS_A_DAY:
            return self("unit.hours", n=self.number(hours))
        days = hours / HOURS_A_DAY
        return self("unit.days", n=self.number(days, 0 if days.is_integer() or days >= TEN_DAYS else 1))
