"""The span of a briefing: one complete week or month.

Belongs here: which one is meant, the one before it, how it is written. Does not: figures of it.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from dashboards.kit.chance import whole
from dashboards.kit.periods import last_complete_month, last_complete_week, month_end, months_before
from dashboards.kit.words import Words
from pipelines.core.errors import UsageError
from pipelines.core.settings import pick

WEEK = dt.timedelta(days=7)
ONE_DAY = dt.timedelta(days=1)
_WEEK = re.compile(r"(\d{4})-W(\d\d)")
_MONTH = re.compile(r"(\d{4})-(\d\d)")


@dataclass(frozen=True, slots=True)
class Span:
    """A week (Monday to Sunday) or a month, by its first day."""

    kind: Literal["week", "month"]
    first: dt.date

    def __str__(self) -> str:
        return f"{self.first:%G-W%V}" if self.kind == "week" else f"{self.first:%Y-%m}"

    @property
    def last(self) -> dt.date:
        """The last day."""
        return self.first + WEEK - ONE_DAY if self.kind == "week" else month_end(self.first)

    @property
    def before(self) -> Span:
        """The week or month before."""
        return Span(self.kind, self.first - WEEK if self.kind == "week" else months_before(self.first, 1))

    @property
    def due_days(self) -> int:
        """Within how many days an ask is to be answered."""
        return whole(f"briefing_due_days_{self.kind}")

    def written(self, words: Words) -> str:
        """As words: the month, or the week with its days."""
        if self.kind == "month":
            return words.month(self.first)
        return words("briefing.week", week=f"{self.first:%V}", year=f"{self.first:%G}", days=words.span(self.first, self.last))


def told(key: str, **values: object) -> str:
    """A message of the command, in the language that the command speaks."""
    return pick(Words("en")(key, **values), Words("zh")(key, **values))


def span_of(week: str, month: str, as_of: dt.datetime) -> Span:
    """What `--week` and `--month` ask for; neither: the last complete week.

    Raises UsageError for both, for what is no week or month, for one that is not over at `as_of`, and for an earlier one: what is
    asked and overdue is so on the day of the data, and a memo must not say it of another week.
    """
    if week and month:
        raise UsageError(told("briefing.both"), where="--week, --month", remedy=told("briefing.one_out"))
    newest = {"week": last_complete_week(as_of), "month": last_complete_month(as_of)}
    if month:
        span, asked = _month(month), f"--month {month}"
    else:
        span, asked = (_week(week), f"--week {week}") if week else (Span("week", newest["week"]), "")
    if span is None:
        raise UsageError(told("briefing.no_span"), where=asked, remedy="2026-W26, 2026-06")
    last = Span(span.kind, newest[span.kind])
    if span.first > last.first:
        raise UsageError(told("briefing.not_over", span=span), where=asked, remedy=told("briefing.last_complete", span=last))
    if span.first < last.first:
        remedy = told("briefing.build_of_then", span=last, how="--build, citybrain past")
        raise UsageError(told("briefing.gone_by", span=span), where=asked, remedy=remedy)
    return span


def _week(text: str) -> Span | None:
    found = _WEEK.fullmatch(text)
    try:
        return Span("week", dt.date.fromisocalendar(int(found[1]), int(found[2]), 1)) if found else None
    except ValueError:
        return None


def _month(text: str) -> Span | None:
    found = _MONTH.fullmatch(text)
    try:
        return Span("month", dt.date(int(found[1]), int(found[2]), 1)) if found else None
    except ValueError:
        return None
