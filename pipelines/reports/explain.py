"""Explaining a figure: what it is made of, and what its documented variants say of the same area and period.

Belongs here: bringing both together, by the figure's name. Does not: finding a figure and its cases (trace), how far a variant
lies from a bureau's number (reconcile), putting any of it on a page (dashboards).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pipelines.analytics.figures import half_up_percent
from pipelines.core.errors import UsageError
from pipelines.core.warehouse import PublishedBuild
from pipelines.reports.reconcile import Reading, readings
from pipelines.trace import Difference, FigureName, Trace, difference, parse_name, trace


@dataclass(frozen=True, slots=True)
class Explained:
    """A figure with what it is made of. `variants`: every documented reading of it, its own too; of a hidden figure none."""

    trace: Trace
    variants: tuple[Reading, ...]


def explain(build: PublishedBuild, name: str) -> Explained:
    """The figure that `name` names in `build`, whatever build the name says.

    Raises UsageError for a name that leads nowhere.
    """
    asked = parse_name(name)
    found = trace(build, asked)
    if found.figure.is_hidden:
        return Explained(found, ())
    variants = readings(build, asked, Decimal(0), found.figure.metric.decimals)
    return Explained(found, tuple(sorted(variants, key=lambda one: (one.figure.metric.id, one.figure.name.basis))))


def compared(build: PublishedBuild, name: str, printed: str) -> list[Reading]:
    """Every documented reading of a figure, the nearest to what a bureau printed first.

    Raises UsageError for a name that leads nowhere, and for a figure that may not be shown.
    """
    value = Decimal(printed)
    return readings(build, parse_name(name), value, decimals_of(value))


def decimals_of(printed: Decimal) -> int:
    """The decimals that a number is printed with: 2 of 72.50. Raises UsageError for what is no number."""
    exponent = printed.as_tuple().exponent
    if not isinstance(exponent, int):
        raise UsageError(f"{printed} is no number", where="printed")
    return max(0, -exponent)


def changed(pair: PublishedBuild, name: str) -> Difference:
    """Why the figure differs between the two builds of `pair`. Raises UsageError for a name that leads nowhere in both."""
    asked: FigureName = parse_name(name)
    return difference(pair, asked)


#: Pairs of whole numbers that are proposed, and the largest denominator tried.
PAIRS, LARGEST_TRIED = 5, 2_000


def smallest_pairs(printed: Decimal, decimals: int) -> list[tuple[int, int]]:
    """The whole (numerator, denominator) with the smallest denominators whose percentage, rounded half up, is `printed`.

    At most PAIRS of them, each denominator once; none for what is no percentage from 0 to 100.
    """
    found: list[tuple[int, int]] = []
    if not Decimal(0) <= printed <= Decimal(100):
        return found
    for den in range(1, LARGEST_TRIED + 1):
        near = int(printed * den / 100)
        fits = [num for num in (near, near + 1) if num <= den and half_up_percent(num, den, decimals) == printed]
        if fits:
            found.append((fits[0], den))
        if len(found) == PAIRS:
            break
    return found
