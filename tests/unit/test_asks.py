"""What became of an ask: back within its limits is said of a figure that was compared, and of no other."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from dashboards.boards import risk
from dashboards.briefing import asks
from dashboards.kit.words import Words

SHOWN = {"metric_id": "M16", "value": 90.0, "reason": None, "ci_low": 80.0, "min_denominator": 30}
ASK = asks.Asked(1, "ask", "here", "office", "2026-06-30", "outside", "11", "", "M16", "")


def outcome(monkeypatch: pytest.MonkeyPatch, own: dict[str, Any] | None, average: dict[str, Any] | None = SHOWN) -> str:
    """What is said of an ask about area 11 of city 1 where 11 is not among the areas that are worse."""
    rows = [{**row, "grid_code": code} for code, row in (("11", own), ("1", average)) if row is not None]
    frame = pl.DataFrame(rows, schema=["metric_id", "value", "reason", "ci_low", "min_denominator", "grid_code"], orient="row")
    source = SimpleNamespace(as_of=dt.datetime(2026, 6, 30, 23, 59), ask=lambda query, **params: frame)
    monkeypatch.setattr(risk, "outside_of", lambda board, place: SimpleNamespace(worse=[]))
    board: Any = SimpleNamespace(words=Words("en"), source=source)
    place: Any = SimpleNamespace(code="1", root="1")
    return asks.outcome(board, place, ASK).text


def test_a_figure_that_is_compared_and_not_worse_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    assert outcome(monkeypatch, SHOWN) == "back within its limits"


@pytest.mark.parametrize(
    ("own", "average"),
    [
        (SHOWN | {"value": None, "reason": "small_cell"}, SHOWN),
        (SHOWN | {"value": None, "reason": "min_denominator"}, SHOWN),
        (SHOWN, SHOWN | {"value": None, "reason": "small_cell"}),
        (SHOWN | {"ci_low": None}, SHOWN),
        (None, SHOWN),
        (SHOWN, None),
    ],
)
def test_a_figure_that_is_not_compared_is_not_judged_and_says_why(
    monkeypatch: pytest.MonkeyPatch, own: dict[str, Any] | None, average: dict[str, Any] | None
) -> None:
    said = outcome(monkeypatch, own, average)
    assert said.startswith("not judged: ")
    assert len(said) > len("not judged: ")
