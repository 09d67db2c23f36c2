"""The sentence about a target: which month it is about, whether the value meets it, and that it is silent without one."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from dashboards.kit import aims
from dashboards.kit.reading import Figure
from dashboards.kit.words import Words

MAY, JUNE = dt.date(2026, 5, 1), dt.date(2026, 6, 1)
LAST_OF_JUNE = dt.date(2026, 6, 30)
TARGETS = pl.DataFrame(
    {"metric_id": ["M16"], "valid_from": [dt.date(2026, 1, 1)], "valid_to": [dt.date(2027, 1, 1)], "target_value": [95.0]}
)


def figure(direction: str = "higher", slice_kind: str = "all", **more: str) -> Figure:
    row = {"metric_id": "M16", "slice_kind": slice_kind, "unit_en": "%", "decimals": 1, "direction": direction}
    return Figure({**row, "period_kind": "month", **more}, Words("en"))


@pytest.mark.parametrize(
    ("direction", "value", "said"),
    [("higher", 95.0, "meets"), ("higher", 94.9, "misses"), ("lower", 95.0, "meets"), ("lower", 95.1, "misses")],
)
def test_a_value_on_the_target_meets_it(direction: str, value: float, said: str) -> None:
    text = aims.of_last_month(figure(direction), [(MAY, 1.0), (JUNE, value)], TARGETS, LAST_OF_JUNE)
    assert said in text
    assert f"{value}%" in text
    assert "95.0%" in text


def test_a_month_that_is_not_over_or_not_ripe_is_not_judged() -> None:
    months = [(MAY, 96.0), (JUNE, 50.0)]
    assert "96.0%" in aims.of_last_month(figure(), months, TARGETS, LAST_OF_JUNE - dt.timedelta(days=1))
    assert "96.0%" in aims.of_last_month(figure(), [(MAY, 96.0), (JUNE, None)], TARGETS, LAST_OF_JUNE)


def test_nothing_is_said_without_a_target_a_value_or_of_a_slice() -> None:
    assert not aims.of_last_month(figure(), [], TARGETS, LAST_OF_JUNE)
    assert not aims.of_last_month(figure(slice_kind="category"), [(JUNE, 96.0)], TARGETS, LAST_OF_JUNE)
    assert not aims.of_last_month(figure(period_kind="cumulative"), [(JUNE, 96.0)], TARGETS, LAST_OF_JUNE)
    assert not aims.of_last_month(figure(), [(JUNE, 96.0)], TARGETS.clear(), LAST_OF_JUNE)
    assert not aims.of_last_month(figure(), [(dt.date(2025, 12, 1), 96.0)], TARGETS, dt.date(2025, 12, 31))


def test_a_number_that_is_no_percentage_has_its_unit() -> None:
    text = aims.of_last_month(figure("lower", unit_en="days"), [(JUNE, 96.5)], TARGETS, LAST_OF_JUNE)
    assert text == "June 2026: 96.5 days, which misses the month's target of 95.0 days"
