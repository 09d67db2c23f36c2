"""A department's part of a figure, and how it is said wherever departments are shown.

Belongs here: its name, its parts, its interval, where it stands. Does not: which departments, which figures, the pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dashboards.kit.chance import State
from dashboards.kit.markup import chip
from dashboards.kit.page import Board
from dashboards.kit.reading import Figure
from dashboards.kit.words import NOTHING

UNMAPPED = "UNMAPPED"
STATES = ("far_above", "above", "average", "below", "far_below", "unknown")


class Share(NamedTuple):
    """A department's part of a figure: its code, its name, the figure, where it stands against the whole."""

    code: str
    name: str
    figure: Figure
    state: State


def name_of(board: Board, row: Mapping[str, Any]) -> str:
    """A department's name; what stands where the feed named none that is known."""
    return board.words.pick(row, "dept") or board.words("field.unmapped")


def funnel_names(board: Board) -> dict[str, str]:
    """What the lines and colours of a funnel are called."""
    names = {state: board.words(f"status.{state}") for state in STATES}
    return names | {name: board.words(f"areas.{name}") for name in ("inner", "outer", "middle")}


def parts_of(figure: Figure) -> str:
    """Numerator and denominator; a dash where it has none."""
    num, den = figure.row.get("num"), figure.row.get("den")
    return NOTHING if num is None or not den else f"{figure.words.number(int(num))} / {figure.words.number(int(den))}"


def ends_of(figure: Figure) -> str:
    """The 95 % interval as two numbers."""
    low, high = figure.row.get("ci_low"), figure.row.get("ci_high")
    if figure.value is None or low is None or high is None or figure.is_count:
        return NOTHING
    return " – ".join(figure.words.number(end, figure.decimals) for end in (low, high))


def side_of(state: State, direction: str) -> str:
    """Worse or better for a figure that has a direction, else apart; empty within the outer limits."""
    if not state.startswith("far"):
        return ""
    return "apart" if direction == "neutral" else "better" if (state == "far_above") == (direction == "higher") else "worse"


def standing(board: Board, state: State, direction: str) -> object:
    """Where a department stands, as a chip; only what lies outside the outer limits has a colour."""
    tones = {"apart": "shift", "better": "better", "worse": "worse", "": ""}
    return chip(board.words(f"status.{state}"), tones[side_of(state, direction)]) if state != "unknown" else ""
