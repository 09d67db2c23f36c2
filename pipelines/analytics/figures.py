"""Figures: exact rounding, intervals, limits, and whether a published figure can be true.

Belongs here: arithmetic on whole numbers and `Decimal`, and the statistics of one number. Does not: frames (warning,
places), formatting for a board, any definition of a metric (the register). Starts fast: nothing heavier than the
standard library at import, because `citybrain audit-figure` needs no data; scipy only inside the functions that
need a distribution it alone has.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist

from pipelines.core.errors import UsageError

#: Below this base a percentage change is shown as counts.
SMALL_BASE = 20


def _whole(value: int, name: str, *, least: int = 0) -> int:
    if value < least:
        raise UsageError(f"{name} is {value}", where="a figure", remedy=f"give a whole number of at least {least}")
    return value


def _shown(scaled: int, decimals: int) -> Decimal:
    return Decimal(scaled).scaleb(-decimals)


def half_up_ratio(num: int, den: int, *, scale: int = 1, decimals: int = 0) -> Decimal:
    """`num / den * scale`, rounded half up once, in whole numbers only.

    Args:
        num: numerator, at least 0.
        den: denominator, at least 1.
        scale: 100 for a percentage, 1,000 or 10,000 for a rate per residents.
        decimals: decimals shown.

    Raises:
        UsageError: a number out of these bounds.
    """
    _whole(num, "the numerator"), _whole(den, "the denominator", least=1), _whole(decimals, "decimals")
    return _shown((2 * num * scale * 10**decimals + den) // (2 * den), decimals)


def half_up_percent(num: int, den: int, decimals: int) -> Decimal:
    """`num` of `den` in percent, rounded half up once. Raises UsageError if den < 1 or num < 0."""
    return half_up_ratio(num, den, scale=100, decimals=decimals)


@dataclass(frozen=True, slots=True)
class Change:
    """A change against an earlier period: `percent` is None if the earlier count is 0."""

    current: int
    previous: int
    percent: Decimal | None
    is_small_base: bool


def signed_change(current: int, previous: int, decimals: int, *, small_base: int = SMALL_BASE) -> Change:
    """Change from `previous` to `current` in percent: |c - p| / p rounded half up, then the sign put back.

    A base below `small_base` is marked: the counts are shown beside or instead of the percentage.
    """
    _whole(current, "the current count"), _whole(previous, "the previous count")
    if previous == 0:
        return Change(current, previous, None, is_small_base=previous < small_base)
    size = half_up_percent(abs(current - previous), previous, decimals)
    # A fall that rounds to nothing is shown as 0, not as -0.
    percent = -size if current < previous and size else size
    return Change(current, previous, percent, is_small_base=previous < small_base)


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval on the scale of the estimate (a share: 0 to 1; a rate: events per unit of exposure)."""

    low: float
    high: float


def wilson_interval(num: int, den: int, *, confidence: float = 0.95) -> Interval:
    """Wilson score interval of the share num / den (E. B. Wilson 1927). Raises UsageError unless 0 <= num <= den."""
    _whole(num, "the numerator"), _whole(den, "the denominator", least=1)
    if num > den:
        raise UsageError(f"{num} of {den} is no share", where="a figure", remedy="a share has num <= den")
    z2 = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    middle = num + z2 / 2
    half = math.sqrt(z2 * (num * (den - num) / den + z2 / 4))
    # The formula's ends at 0 of n and n of n are exactly 0 and 1; floats miss them by an ulp.
    low = 0.0 if num == 0 else (middle - half) / (den + z2)
    high = 1.0 if num == den else (middle + half) / (den + z2)
    return Interval(low, high)


def poisson_interval(count: int, *, exposure: float = 1.0, confidence: float = 0.95) -> Interval:
    """Exact interval of a Poisson rate, count / exposure (F. Garwood 1936). Raises UsageError if count < 0."""
    from scipy.special import gammaincinv

    _whole(count, "the count")
    tail = (1 - confidence) / 2
    low = float(gammaincinv(count, tail)) if count else 0.0
    return Interval(low / exposure, float(gammaincinv(count + 1, 1 - tail)) / exposure)


@dataclass(frozen=True, slots=True)
class CountLimits:
    """Control limits of a count: below `low` or above `high`, both inclusive limits, is outside."""

    low: int
    high: int

    def is_outside(self, count: int) -> bool:
        """Whether `count` differs from the target by more than chance at this confidence."""
        return count < self.low or count > self.high


def _quantile(distribution: Callable[[int], float], probability: float, ceiling: int) -> int:
    """The smallest whole number whose cumulative probability reaches `probability`, at most `ceiling`."""
    low, high = 0, ceiling
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if distribution(middle) >= probability else (middle + 1, high)
    return low


def binomial_limits(target: float, den: int, *, confidence: float) -> CountLimits:
    """Funnel limits of a numerator out of `den` under the share `target` (D. J. Spiegelhalter 2005), exact tails.

    `confidence` is 0.95 for the inner and 0.998 for the outer limits of a funnel plot.
    """
    from scipy.special import bdtr

    _whole(den, "the denominator", least=1)
    tail = (1 - confidence) / 2

    def reaches(count: int) -> float:
        return float(bdtr(count, den, target))

    return CountLimits(_quantile(reaches, tail, den), _quantile(reaches, 1 - tail, den))


def poisson_limits(expected: float, *, confidence: float) -> CountLimits:
    """Funnel limits of a count of which `expected` are expected (target rate x exposure), exact tails."""
    from scipy.special import pdtr

    tail = (1 - confidence) / 2
    # Twelve standard deviations and a constant hold every quantile that a funnel plot asks for.
    ceiling = math.ceil(expected + 12 * math.sqrt(expected) + 50)

    def reaches(count: int) -> float:
        return float(pdtr(count, expected))

    return CountLimits(_quantile(reaches, tail, ceiling), _quantile(reaches, 1 - tail, ceiling))


# ---- Can this number be true? -------------------------------------------------------------------------------------

#: What a printed figure may claim, and how we read it.
COMPARATORS = {
    "=": "the share, rounded half up, is the printed value",
    ">": "the share is more than the value (exactly: 98.0 % is not 'more than 98 %')",
    ">=": "the share is at least the value",
    "<": "the share is less than the value",
    "<=": "the share is at most the value",
    "~": "'about': within one unit of the last printed decimal, either way",
    "approx": "'nearly': less than the value, by less than one unit of the last printed decimal",
}
#: Open cases left out of a denominator are tried up to this share of it.
LARGEST_OPEN_PERCENT = 20
#: So many smaller denominators are proposed at most, nearest first; more would convince nobody further.
MOST_PROPOSED = 5
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One way in which an impossible figure comes about: `num` of `den`, by `kind`."""

    kind: str
    num: int
    den: int
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class FigureAudit:
    """What `audit_published_figure` found. `numerators` is empty if no whole number gives the printed value."""

    value: Decimal
    decimals: int
    den: int
    comparator: str
    numerators: range
    explanations: tuple[Explanation, ...]

    @property
    def is_feasible(self) -> bool:
        """Whether some whole numerator gives the printed value."""
        return len(self.numerators) > 0

    def lines(self, language: str = "en") -> list[str]:
        """The verdict and its reasons, one sentence a line, in 'zh' or 'en'."""
        return _lines(self, zh=language == "zh")


def _numerators(scaled: int, decimals: int, den: int, comparator: str) -> range:
    """Whole numerators of a share of `den` that the claim `comparator scaled / 10**decimals` % admits.

    A share n / den in units of the last printed decimal is n * unit / den with unit = 100 * 10**decimals; every bound
    is solved for n in whole numbers: n >= ceil(a * den / b), or n < ceil(a * den / b).
    """
    unit: int = 100 * 10**decimals

    def at_least(twice: int) -> int:  # smallest n with 2 * n * unit / den >= twice
        return -((-twice * den) // (2 * unit))

    def above(twice: int) -> int:  # smallest n with 2 * n * unit / den > twice
        return (twice * den) // (2 * unit) + 1

    two = 2 * scaled
    low, end = {
        "=": (at_least(two - 1), at_least(two + 1)),
        ">": (above(two), den + 1),
        ">=": (at_least(two), den + 1),
        "<": (0, at_least(two)),
        "<=": (0, above(two)),
        "~": (at_least(two - 2), above(two + 2)),
        "approx": (above(two - 2), at_least(two)),
        "truncation": (at_least(two), at_least(two + 2)),
        "ceiling": (above(two - 2), above(two)),
    }[comparator]
    return range(max(low, 0), max(min(end, den + 1), low, 0))


def _percent(num: int, den: int, decimals: int) -> str:
    return f"{half_up_percent(num, den, decimals)} %"


def _fewer_cases(scaled: int, decimals: int, den: int) -> list[Explanation]:
    """(a) Cases still open were left out of the denominator: fewest first."""
    found = []
    for still_open in range(1, den * LARGEST_OPEN_PERCENT // 100 + 1):
        for num in _numerators(scaled, decimals, den - still_open, "="):
            rest, shown = den - still_open, _percent(num, den - still_open, decimals + 2)
            found.append(
                Explanation(
                    "open_cases", num, rest,
                    f"{num} of {rest} = {shown}, if {still_open} of the {den} are still open and left out",
                    f"{rest} 件中 {num} 件 = {shown}：如果 {den} 件中有 {still_open} 件仍在办、未计入分母",
                )
            )  # fmt: skip
            # One numerator shows that the denominator fits.
            break
        if len(found) == MOST_PROPOSED:
            break
    return found


def _other_rounding(scaled: int, decimals: int, den: int) -> list[Explanation]:
    """(b) Rounded twice, (c) cut off, (d) rounded up."""
    found = []
    exact = max(decimals + 2, 3)
    for num in _numerators(scaled, decimals, den, "~"):
        first = half_up_percent(num, den, decimals + 1)
        twice = int(first.scaleb(decimals + 1) + 5) // 10
        if twice == scaled:
            shown, end = _percent(num, den, exact), _shown(scaled, decimals)
            found.append(
                Explanation(
                    "double_rounding", num, den,
                    f"{num} of {den} = {shown} was rounded twice: first to {first} %, then to {end} %",
                    f"{den} 件中 {num} 件 = {shown}，四舍五入了两次：先得 {first} %，再得 {end} %",
                )
            )  # fmt: skip
    for kind, en, zh in (
        ("truncation", "was cut off, not rounded", "被截断而非四舍五入"),
        ("ceiling", "was rounded up", "被向上取整"),
    ):
        for num in _numerators(scaled, decimals, den, kind):
            shown = _percent(num, den, exact)
            found.append(Explanation(kind, num, den, f"{num} of {den} = {shown} {en}", f"{den} 件中 {num} 件 = {shown}，{zh}"))
    return found


def audit_published_figure(value: Decimal, decimals: int, den: int, comparator: str = "=") -> FigureAudit:
    """Whether a printed percentage of `den` cases can be true, and if not, what would explain it.

    Args:
        value: the figure as printed, in percent: Decimal("72.5").
        decimals: the decimals it is printed with (72.50 has 2).
        den: the number of cases it is said to be a share of, at least 1.
        comparator: what is claimed; one of COMPARATORS.

    Returns:
        The feasible numerators. If there are none and the claim is "=": the explanations that hold among open cases
        left out of the denominator (1 to 20 %; the five fewest), double rounding, truncation and rounding up.

    Raises:
        UsageError: a value that has more decimals than stated or is negative, a denominator below 1, an unknown
            comparator.
    """
    _whole(den, "the denominator", least=1), _whole(decimals, "decimals")
    if comparator not in COMPARATORS:
        raise UsageError(f"unknown comparator {comparator!r}", where="audit-figure", remedy=f"known are {' '.join(COMPARATORS)}")
    if not value.is_finite() or value < 0:
        raise UsageError(f"{value} is no percentage of cases", where="audit-figure", remedy="give a value from 0 up")
    scaled = value.scaleb(decimals)
    if scaled != scaled.to_integral_value():
        raise UsageError(
            f"{value} has more than {decimals} decimals", where="audit-figure", remedy="state the decimals as printed"
        )
    numerators = _numerators(int(scaled), decimals, den, comparator)
    explanations: list[Explanation] = []
    if not numerators and comparator == "=" and value <= _HUNDRED:
        explanations = _fewer_cases(int(scaled), decimals, den) + _other_rounding(int(scaled), decimals, den)
    return FigureAudit(value, decimals, den, comparator, numerators, tuple(explanations))


def _lines(audit: FigureAudit, *, zh: bool) -> list[str]:
    sign = "" if audit.comparator == "=" else f"{audit.comparator} "
    claim = f"{sign}{_shown(int(audit.value.scaleb(audit.decimals)), audit.decimals)} %"
    if audit.is_feasible:
        low, high = audit.numerators[0], audit.numerators[-1]
        if low == high:
            return [f"可能：{audit.den} 件中恰为 {low} 件" if zh else f"Possible: exactly {low} of {audit.den}"]
        if zh:
            return [f"可能：{audit.den} 件中 {low} 至 {high} 件均为 {claim}"]
        return [f"Possible: {low} to {high} of {audit.den} are {claim}"]
    lines = [f"不可能：{audit.den} 件中没有任何整数件为 {claim}" if zh
             else f"Impossible: no whole number of {audit.den} is {claim}"]  # fmt: skip
    if audit.value > _HUNDRED:
        lines.append("占比不会超过 100 %" if zh else "No share is above 100 %")
    elif audit.explanations:
        lines.append("可以这样解释：" if zh else "What would explain it:")
        lines += [f"- {reason.zh if zh else reason.en}" for reason in audit.explanations]
    elif audit.comparator == "=":
        lines.append(
            "未计入的在办件、两次舍入、截断、向上取整都不能解释" if zh
            else "Neither open cases left out, nor rounding twice, cutting off or rounding up explains it"
        )  # fmt: skip
    return lines
