"""Chance: whether a difference between two periods, or between an area and the average, is more than chance.

Belongs here: the three questions a board asks of a number (changed? unlike the others? unlike its own past?) and the
table of the numbers behind the answers (reference.csv). Does not: intervals and limits themselves (analytics.figures).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pipelines.analytics.figures import CountLimits, Interval, binomial_limits, poisson_limits, wilson_interval

REFERENCE = Path(__file__).with_name("reference.csv")
Verdict = Literal["more", "less", "chance", "unknown"]
State = Literal["far_above", "above", "average", "below", "far_below", "unknown"]


@cache
def reference(name: str) -> float:
    """A number of the boards' reference table. Raises KeyError for an unknown name."""
    with REFERENCE.open(encoding="utf-8", newline="") as stream:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(stream)}[name]


def whole(name: str) -> int:
    """The same for a number of things."""
    return int(reference(name))


@dataclass(frozen=True, slots=True)
class Part:
    """A numerator and its denominator; a plain count has denominator 1."""

    num: int
    den: int


def share_difference(now: Part, before: Part) -> Interval:
    """95 % interval of the difference of two shares, from their Wilson intervals (R. G. Newcombe 1998, method 10)."""
    p, q = now.num / now.den, before.num / before.den
    a = wilson_interval(now.num, now.den, confidence=reference("inner_confidence"))
    b = wilson_interval(before.num, before.den, confidence=reference("inner_confidence"))
    low = p - q - math.hypot(p - a.low, b.high - q)
    return Interval(low, p - q + math.hypot(a.high - p, q - b.low))


def compare(now: Part | None, before: Part | None, *, is_share: bool) -> Verdict:
    """Whether a figure differs from the same period last year by more than chance.

    A share: the interval of the difference leaves out nothing. A count, or a rate per residents: given the sum of both
    counts, the first one is binomial with the share of its exposure (J. Przyborowski, H. Wilenski 1940).
    """
    if now is None or before is None or now.den < 1 or before.den < 1:
        return "unknown"
    if is_share:
        if now.num > now.den or before.num > before.den:
            return "unknown"
        difference = share_difference(now, before)
        return "more" if difference.low > 0 else "less" if difference.high < 0 else "chance"
    both = now.num + before.num
    if not both:
        return "chance"  # none in either: no difference
    limits = binomial_limits(now.den / (now.den + before.den), both, confidence=reference("inner_confidence"))
    return "more" if now.num > limits.high else "less" if now.num < limits.low else "chance"


def limits_of(average: Part, den: int, confidence: float, *, is_share: bool) -> CountLimits:
    """The numerators between which chance keeps an area of size `den` that is like the average."""
    target = average.num / average.den
    if is_share:
        return binomial_limits(min(target, 1.0), den, confidence=confidence)
    return poisson_limits(target * den, confidence=confidence)


def against_average(part: Part | None, average: Part | None, *, is_share: bool) -> State:
    """Where an area stands in the funnel around `average` (the figure of the area that holds them all)."""
    if part is None or average is None or part.den < 1 or average.den < 1:
        return "unknown"
    for name, near in (("outer_confidence", ""), ("inner_confidence", "near")):
        limits = limits_of(average, part.den, reference(name), is_share=is_share)
        if part.num > limits.high:
            return "above" if near else "far_above"
        if part.num < limits.low:
            return "below" if near else "far_below"
    return "average"


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """Mean and natural limits of a series of single values; `low` and `high` on the values' own scale."""

    mean: float
    low: float
    high: float

    def is_outside(self, value: float) -> bool:
        """Whether a value is unlike the others."""
        return not self.low <= value <= self.high


def process_limits(values: Sequence[float | None]) -> ProcessLimits | None:
    """XmR limits of a series in time order: mean plus or minus 2.66 mean moving ranges; None if it is too short.

    A missing value breaks the chain: no range is taken across it.
    """
    known = [value for value in values if value is not None]
    ranges = [abs(b - a) for a, b in pairwise(values) if a is not None and b is not None]
    if len(known) < whole("xmr_least_points") or not ranges:
        return None
    mean = sum(known) / len(known)
    reach = reference("xmr_factor") * sum(ranges) / len(ranges)
    # A count or a rate cannot be below nothing.
    return ProcessLimits(mean, max(mean - reach, 0.0), mean + reach)
