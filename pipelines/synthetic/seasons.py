"""When things happen: seasons, weekdays, hours, public holidays, Spring Festival.

Belongs here: weights of days and hours, drawing arrival times. Does not: what happens (the feeds).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache

import chinese_calendar
import numpy as np
from lunardate import LunarDate

DAY = 86_400
#: Days before and after the first day of the lunar year that its rhythm lasts.
FESTIVAL_BEFORE, FESTIVAL_AFTER = 5, 12


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Relative weights: 12 months, 7 weekdays (Monday first), 24 hours; factors for holidays and Spring Festival."""

    months: tuple[float, ...]
    weekdays: tuple[float, ...]
    hours: tuple[float, ...]
    holiday: float
    festival: float


@dataclass(frozen=True, slots=True)
class Block:
    """A run of days that is drawn from one stream of randomness: first day, number of days."""

    start: dt.date
    days: int

    @property
    def dates(self) -> list[dt.date]:
        """Every day of the block."""
        return [self.start + dt.timedelta(days=n) for n in range(self.days)]


@cache
def is_workday(day: dt.date) -> bool:
    """Whether offices work, with make-up workdays; outside the years that the State Council has announced, Mon-Fri."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


@cache
def is_holiday(day: dt.date) -> bool:
    """Whether the day is a named public holiday (weekends alone are none)."""
    try:
        off, name = chinese_calendar.get_holiday_detail(day)
        return bool(off and name)
    except NotImplementedError:
        return (day.month, day.day) in {(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)}


@cache
def is_festival(day: dt.date) -> bool:
    """Whether the day lies around the first day of the lunar year."""
    first = LunarDate(day.year, 1, 1).to_solar_date()
    return bool(-FESTIVAL_BEFORE <= (day - first).days <= FESTIVAL_AFTER)


def day_weights(block: Block, rhythm: Rhythm) -> np.ndarray:
    """One weight per day of the block."""
    weights = []
    for day in block.dates:
        weight = rhythm.months[day.month - 1] * rhythm.weekdays[day.weekday()]
        if is_festival(day):
            weight *= rhythm.festival
        elif is_holiday(day):
            weight *= rhythm.holiday
        elif day.weekday() >= 5 and is_workday(day):
            weight *= rhythm.weekdays[0] / rhythm.weekdays[day.weekday()]
        weights.append(weight)
    return np.array(weights)


def arrivals(block: Block, rhythm: Rhythm, *, per_day: float, mean: float, rng: np.random.Generator) -> np.ndarray:
    """Arrival times (seconds since 1970, city-local) in order.

    Args:
        block: the days to fill.
        rhythm: relative weights.
        per_day: events on a day of average weight.
        mean: the average weight of a day, from the history, so that later blocks keep its level.
        rng: source of randomness.
    """
    counts = rng.poisson(per_day * day_weights(block, rhythm) / mean)
    epoch = (block.start - dt.date(1970, 1, 1)).days
    day = np.repeat(np.arange(block.days) + epoch, counts)
    hours = np.array(rhythm.hours) / sum(rhythm.hours)
    hour = rng.choice(24, size=len(day), p=hours)
    return np.sort(day * DAY + hour * 3600 + rng.integers(0, 3600, len(day)))


ROUND_THE_CLOCK = (3, 2, 2, 1, 1, 2, 3, 5, 7, 8, 8, 7, 6, 6, 7, 7, 8, 9, 9, 10, 10, 9, 7, 5)
OFFICE = (0, 0, 0, 0, 0, 0, 0, 2, 9, 12, 12, 8, 3, 4, 10, 11, 9, 6, 3, 2, 1, 1, 0, 0)

POLICE = Rhythm(
    (0.95, 0.93, 0.97, 1.0, 1.03, 1.06, 1.1, 1.1, 1.03, 1.0, 0.95, 0.93),
    (0.97, 0.96, 0.97, 0.98, 1.05, 1.07, 1.0), ROUND_THE_CLOCK, 1.12, 0.85,
)  # fmt: skip
URBAN = Rhythm(
    (0.85, 0.8, 1.0, 1.05, 1.08, 1.1, 1.08, 1.05, 1.03, 1.02, 1.0, 0.92),
    (1.15, 1.12, 1.1, 1.1, 1.08, 0.78, 0.67), OFFICE, 0.5, 0.35,
)  # fmt: skip
PETITION = Rhythm(
    (1.0, 0.9, 1.1, 1.05, 1.0, 1.0, 0.98, 0.97, 1.02, 0.95, 1.0, 1.03),
    (1.5, 1.35, 1.25, 1.2, 1.1, 0.35, 0.25), OFFICE, 0.2, 0.25,
)  # fmt: skip
HOTLINE = Rhythm(
    (0.95, 0.9, 1.0, 1.0, 1.02, 1.08, 1.12, 1.1, 1.02, 0.97, 0.98, 0.98),
    (1.15, 1.1, 1.05, 1.05, 1.03, 0.85, 0.77), ROUND_THE_CLOCK, 0.8, 0.7,
)  # fmt: skip
DELIBERATION = Rhythm(
    (0.9, 0.7, 1.05, 1.1, 1.1, 1.05, 1.0, 0.95, 1.05, 1.0, 1.1, 1.0),
    (0.8, 0.9, 1.0, 1.0, 1.1, 1.3, 0.9), OFFICE, 0.3, 0.2,
)  # fmt: skip
COURT = Rhythm(
    (0.9, 0.75, 1.1, 1.1, 1.05, 1.1, 1.05, 1.05, 1.05, 0.9, 1.1, 0.85),
    (1.3, 1.3, 1.25, 1.2, 1.15, 0.02, 0.01), OFFICE, 0.05, 0.08,
)  # fmt: skip
MEDIATION = Rhythm(
    (1.15, 1.0, 1.05, 1.0, 1.0, 1.0, 0.97, 0.97, 1.0, 0.95, 1.0, 1.1),
    (1.3, 1.2, 1.15, 1.15, 1.1, 0.6, 0.4), OFFICE, 0.5, 0.4,
)  # fmt: skip
HAZARD = Rhythm(
    (1.1, 0.9, 1.0, 1.05, 1.1, 1.3, 1.15, 1.05, 1.1, 0.95, 1.0, 1.1),
    (1.25, 1.25, 1.2, 1.2, 1.15, 0.5, 0.35), OFFICE, 0.4, 0.4,
)  # fmt: skip
GRID = Rhythm(
    (0.95, 0.85, 1.02, 1.02, 1.03, 1.08, 1.12, 1.08, 1.02, 0.98, 0.98, 0.97),
    (1.1, 1.08, 1.06, 1.06, 1.05, 0.88, 0.77), OFFICE, 0.6, 0.5,
)  # fmt: skip
