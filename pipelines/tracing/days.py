"""Days: which days are over at the moment that data is of.

Belongs here: the one rule by which boards, papers and the command line call a period over or to date; the models follow it in
SQL (macros/metrics/periods.sql). Does not: which periods there are (naming, kit.periods).
"""

from __future__ import annotations

import datetime as dt

ONE_DAY = dt.timedelta(days=1)
#: An export closed in the last hour of a day has all of it.
LAST_HOUR = dt.timedelta(hours=1)
#: Kinds of period that end where the calendar says; all others end on a day that their id states, and are never open.
LASTING = ("week", "month", "quarter", "half_year", "year", "spring_festival")


def last_day_over(as_of: dt.datetime) -> dt.date:
    """The last day that is over at `as_of`."""
    return (as_of + LAST_HOUR).date() - ONE_DAY


def is_over(last: dt.date, as_of: dt.datetime) -> bool:
    """Whether a period whose last day is `last` has all of its days at `as_of`."""
    return last <= last_day_over(as_of)


def is_to_date(kind: str, last: dt.date, as_of: dt.datetime) -> bool:
    """Whether a figure of a period is one of its first days: the period lasts beyond the data."""
    return kind in LASTING and not is_over(last, as_of)
