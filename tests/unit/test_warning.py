"""The warning rule against the same rule written with the standard library, and on series whose answer is plain."""

from __future__ import annotations

import datetime as dt
import math
import statistics

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analytics.warning import WarningRule, alerts, robust_z

MONDAY = dt.date(2025, 1, 6)


def frame(series: dict[str, list[int]]) -> pl.DataFrame:
    """Sparse weekly counts: weeks of zero have no row, as in the mart."""
    rows = [(name, MONDAY + dt.timedelta(weeks=n), count)
            for name, counts in series.items() for n, count in enumerate(counts) if count]  # fmt: skip
    return pl.DataFrame(rows, schema={"grid_code": pl.String, "week_start": pl.Date, "value": pl.Int64}, orient="row")


def last_week(weeks: int) -> dt.date:
    return MONDAY + dt.timedelta(weeks=weeks - 1)


def alerted(series: dict[str, list[int]], weeks: int) -> list[tuple[str, int, str]]:
    """(series, number of the week, reason) of every alert."""
    found = alerts(frame(series), by=["grid_code"], through=last_week(weeks))
    return [(r["grid_code"], (r["week_start"] - MONDAY).days // 7, r["reason"]) for r in found.to_dicts()]


def by_hand(counts: list[int]) -> list[tuple[int, float, float, str | None]]:
    """(week, median, z, reason) with plain Python."""
    found, was_high = [], False
    for week in range(13, len(counts)):
        before = counts[week - 13 : week]
        middle = statistics.median(before)
        mad = statistics.median([abs(x - middle) for x in before])
        z = (counts[week] - middle) / max(1.4826 * mad, math.sqrt(max(middle, 1)))
        large = counts[week] >= 3 and counts[week] - middle >= 2
        is_high = large and z >= 3
        reason = "very_high" if large and z >= 4 else "high_twice" if is_high and was_high else None
        found.append((week, middle, z, reason))
        was_high = is_high
    return found


def test_a_steady_series_with_one_jump_alerts_once():
    counts = [10, 11, 9, 10, 12, 8, 10, 9, 11, 10, 10, 9, 11, 30, 10]
    assert alerted({"a": counts}, 15) == [("a", 13, "very_high")]


def test_high_once_is_silent_and_high_twice_alerts():
    quiet = [9, 10, 11, 10, 9, 10, 11, 10, 9, 10, 11, 10, 9]
    assert alerted({"a": [*quiet, 21, 10]}, 15) == []
    assert alerted({"a": [*quiet, 21, 21]}, 15) == [("a", 14, "high_twice")]


def test_a_silent_series_alerts_at_four_cases_and_not_at_two():
    assert alerted({"a": [0] * 13 + [4], "start": [1]}, 14) == [("a", 13, "very_high")]
    assert alerted({"a": [0] * 13 + [2], "start": [1]}, 14) == []


def test_weeks_without_rows_are_weeks_without_cases_for_every_series():
    found = robust_z(frame({"a": [5] * 16, "b": [0] * 15 + [1]}), by=["grid_code"], through=last_week(16))
    assert found.group_by("grid_code").len().sort("grid_code")["len"].to_list() == [3, 3]
    assert found.filter(pl.col("grid_code") == "b")["value"].to_list() == [0, 0, 1]


def test_a_week_that_is_not_over_is_not_judged():
    assert alerted({"a": [10] * 13 + [99]}, 13) == []


def test_thirteen_weeks_must_lie_before():
    assert robust_z(frame({"a": [1] * 13}), by=["grid_code"], through=last_week(13)).height == 0
    assert robust_z(frame({"a": [1] * 14}), by=["grid_code"], through=last_week(14)).height == 1
    assert robust_z(frame({"a": []}), by=["grid_code"], through=last_week(14)).height == 0


def test_the_numbers_of_the_rule_can_be_set():
    counts = frame({"a": [10, 11, 9, 10, 20]})
    mild = WarningRule(baseline_weeks=4, very_high_z=3.0)
    assert alerts(counts, by=["grid_code"], through=last_week(5), rule=mild).height == 1
    assert alerts(counts, by=["grid_code"], through=last_week(5)).height == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 60), min_size=30, max_size=30), min_size=1, max_size=3))
def test_the_rule_agrees_with_plain_python(series):
    named = {f"s{n}": counts for n, counts in enumerate(series)}
    named["start"] = [1, *[0] * 29]
    weekly = frame(named)
    scored = robust_z(weekly, by=["grid_code"], through=last_week(30))
    expected_alerts = []
    for name, counts in named.items():
        expected = by_hand(counts)
        rows = scored.filter(pl.col("grid_code") == name)
        if rows.is_empty():
            assert not any(counts)
            continue
        assert rows["baseline"].to_list() == [row[1] for row in expected]
        assert all(math.isclose(a, row[2], abs_tol=1e-12) for a, row in zip(rows["robust_z"], expected, strict=True))
        expected_alerts += [(name, row[0], row[3]) for row in expected if row[3]]
    assert sorted(alerted(named, 30)) == sorted(expected_alerts)
