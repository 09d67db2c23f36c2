"""Average: what areas are compared with, the same on every board and paper.

Belongs here: the figure of the area that holds them, without the cases that none of them can have. Does not: limits around it
(kit.chance), how it is drawn or said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.kit.chance import Part
from dashboards.kit.reading import Figure


@dataclass(frozen=True, slots=True)
class Average:
    """An average of areas.

    Attributes:
        part: what limits are drawn around; None where areas are not compared: a count, a median, no figure.
        value: how much it is; the published figure unless cases were taken out.
        placeless_n: the cases without a place that were.
    """

    part: Part | None
    value: float | None
    placeless_n: int = 0


def average_of(figure: Figure, unplaced: Mapping[str, Any] | None, prefix: str = "") -> Average:
    """What the areas within one are compared with.

    Nobody lives where cases without a place are: in a rate per residents they are in the whole and in no area. With them all
    areas would seem to lie below the average: 246 of 275,429 residents against 196 (M03, demo, May 2026).

    Args:
        figure: of the area that holds them.
        unplaced: `num` and `den` of its cases without a place; None where it has none.
        prefix: of the columns of `figure.row` in which its numbers are.
    """
    if figure.is_count:
        return Average(None, None)
    known = figure.row.get(f"{prefix}value")
    value, part = None if known is None else float(known), figure.part(prefix)
    placeless_n = int(unplaced["num"] or 0) if unplaced and not unplaced["den"] else 0
    if part is None or not part.den or not placeless_n:
        return Average(part, value)
    part = Part(part.num - placeless_n, part.den)
    return Average(part, part.num / part.den * figure.scale, placeless_n)
