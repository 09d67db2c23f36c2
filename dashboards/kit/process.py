"""Process: what a control chart says of each point of a series, by four rules.

Belongs here: the rules and their names. Does not: the limits themselves (chance), drawing (charts, multiples). The four
are those of NHS England's Making Data Count; one rule fires by chance alone now and then, which the boards say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from dashboards.kit.chance import ProcessLimits, reference, whole

Rule = Literal["outside", "run", "drift", "near"]
#: The strongest first: of several only this one is told.
RULES: tuple[Rule, ...] = ("outside", "run", "drift", "near")


class Signal(NamedTuple):
    """A point that is unlike ordinary variation: by which rule, upwards or downwards, for how many points by now."""

    rule: Rule
    is_up: bool
    length: int


def _side(value: float | None, middle: float) -> int:
    return 0 if value is None or value == middle else 1 if value > middle else -1


def _runs(signs: Sequence[int]) -> list[int]:
    """For each place how many equal signs end there; 0 where the sign is 0."""
    lengths: list[int] = []
    for i, sign in enumerate(signs):
        goes_on = i > 0 and sign == signs[i - 1]
        lengths.append(0 if sign == 0 else lengths[-1] + 1 if goes_on else 1)
    return lengths


def signals(values: Sequence[float | None], limits: ProcessLimits | None) -> list[Signal | None]:
    """The strongest signal at each point of a series in time order; None where it varies as usual.

    Args:
        values: the series; a missing value breaks every run.
        limits: its natural limits; without them nothing is a signal.

    Rules: outside the limits; `run_points` in a row on one side of the mean; `drift_points` in a row each higher (or
    each lower) than the one before; two of three beyond two thirds of the way to the same limit.
    """
    if limits is None:
        return [None] * len(values)
    sides = [_side(value, limits.mean) for value in values]
    pairs = zip(values, [None, *values], strict=False)
    steps = [0 if now is None or before is None else _side(now, before) for now, before in pairs]
    runs, drifts = _runs(sides), _runs(steps)
    found: list[Signal | None] = []
    for i, value in enumerate(values):
        told: dict[Rule, Signal] = {}
        if value is not None:
            if limits.is_outside(value):
                told["outside"] = Signal("outside", value > limits.mean, 1)
            if runs[i] >= whole("run_points"):
                told["run"] = Signal("run", sides[i] > 0, runs[i])
            # A drift of n points has n - 1 steps.
            if drifts[i] + 1 >= whole("drift_points"):
                told["drift"] = Signal("drift", steps[i] > 0, drifts[i] + 1)
            if _is_near(values, i, limits):
                told["near"] = Signal("near", value > limits.mean, whole("near_window"))
        found.append(next((told[rule] for rule in RULES if rule in told), None))
    return found


def _is_near(values: Sequence[float | None], at: int, limits: ProcessLimits) -> bool:
    """Whether the point and another of the last few lie beyond two thirds of the way to the same limit."""
    # The upper reach on both sides: the lower limit of a count stops at nothing.
    reach = (limits.high - limits.mean) * reference("near_share")
    high, low = limits.mean + reach, limits.mean - reach
    here = values[at]
    last = [value for value in values[max(0, at + 1 - whole("near_window")) : at + 1] if value is not None]
    if here is None or not low < high:
        return False
    if here > high:
        return sum(value > high for value in last) >= whole("near_points")
    return here < low and sum(value < low for value in last) >= whole("near_points")
