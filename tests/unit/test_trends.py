"""A trend tells change from chance: spans, the four rules of a control chart, a figure over spans, the field of days."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboards.briefing.span import span_of as span_of_a_briefing
from dashboards.kit import calendar, multiples
from dashboards.kit.chance import ProcessLimits, process_limits
from dashboards.kit.charts import edges, step_of
from dashboards.kit.periods import last_complete_month, last_complete_week
from dashboards.kit.process import signals
from dashboards.kit.series import SpanFigure, figure_of, series_of
from dashboards.kit.spans import UNITS, Span, last_of, newest, span_of
from dashboards.kit.words import Words

EVENING = dt.datetime(2026, 6, 30, 23, 59, 59)
LIMITS = ProcessLimits(10.0, 4.0, 16.0)
METRIC = {
    "metric_id": "M16", "name_zh": "按期结案率", "name_en": "On time", "unit_zh": "%", "unit_en": "%", "decimals": 1,
    "direction": "higher", "family": "ratio", "scale": 100, "population": None, "min_denominator": 30,
}  # fmt: skip
COUNT = METRIC | {"metric_id": "V01", "family": "count", "scale": 1, "unit_en": "events", "decimals": 0, "direction": "neutral"}
SPANS = st.builds(
    lambda unit, day: newest(unit, dt.datetime.combine(day, dt.time())),
    st.sampled_from(UNITS), st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)),
)  # fmt: skip


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2099, 1, 1)))
@example(dt.datetime(2026, 6, 28, 10))  # a Sunday morning
@example(dt.datetime(2026, 6, 28, 23))
def test_a_week_and_a_month_are_over_at_the_same_time_everywhere(as_of: dt.datetime) -> None:
    week = newest("week", as_of).start
    assert last_complete_week(as_of) == span_of_a_briefing("", "", as_of).first == week
    assert last_complete_month(as_of) == newest("month", as_of).start
    assert dt.datetime.combine(week + dt.timedelta(days=6), dt.time(23)) <= as_of


@given(SPANS)
def test_a_span_survives_its_address_and_ends_where_the_next_begins(span: Span) -> None:
    assert span_of(span.code, span.unit) == span
    assert span.earlier(-1).start - span.end == dt.timedelta(days=1)
    assert span.earlier(1).earlier(-1) == span
    assert span.year_before.start < span.start


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("code", ["2026-W54", "2026-13", "2026-Q5", "0999", "", "x' or 1=1", "2026-W00"])
def test_nonsense_is_no_span(code: str, unit: Any) -> None:
    assert span_of(code, unit) is None


def test_only_complete_spans_are_shown() -> None:
    assert [newest(unit, EVENING).code for unit in ("week", "month", "quarter", "year")] == [
        "2026-W26",
        "2026-06",
        "2026-Q2",
        "2025",
    ]
    noon = EVENING.replace(hour=12)
    assert [newest(unit, noon).code for unit in ("month", "quarter")] == ["2026-05", "2026-Q1"]
    assert newest("week", dt.datetime(2026, 6, 28, 23, 30)).code == "2026-W26"
    assert newest("week", dt.datetime(2026, 6, 28, 22, 0)).code == "2026-W25"
    assert [span.code for span in last_of("month", EVENING)][-2:] == ["2026-05", "2026-06"]
    assert Span("week", dt.date(2026, 1, 5)).year_before.start == dt.date(2025, 1, 6)


@pytest.mark.parametrize(
    ("values", "rule", "is_up"),
    [
        ([10, 10, 17], "outside", True), ([10, 10, 3], "outside", False),
        ([9, *[11] * 7], "run", True), ([9, *[11] * 6], None, True), ([*[9] * 3, None, *[9] * 4], None, True),
        ([8, 9, 10, 11, 12, 13], "drift", True), ([12, 11, 10, 9, 8, 7], "drift", False), ([8, 9, 10, 11, 12], None, True),
        ([14.5, 10, 15], "near", True), ([5, 5.5, 10], None, True), ([5, 10, 5], "near", False), ([14.5, 10, 9, 15], None, True),
        ([10, 10, None], None, True),
    ],
)  # fmt: skip
def test_each_rule_sees_what_it_is_for(values: list[float | None], rule: str | None, is_up: bool) -> None:
    found = signals(values, LIMITS)[-1]
    assert (found.rule if found else None) == rule
    assert found is None or found.is_up is is_up


def test_without_limits_nothing_is_a_signal() -> None:
    assert signals([1.0, 100.0], None) == [None, None]


def test_a_lower_limit_at_nothing_makes_small_counts_no_signal() -> None:
    limits = ProcessLimits(3.0, 0.0, 9.0)
    assert signals([0.0, 0.0, 0.0], limits)[-1] is None


def rows(metric: str, months: dict[dt.date, tuple[int, int] | None]) -> pl.DataFrame:
    """As trends__series gives them: None is a hidden month."""
    made = [
        {
            "metric_id": metric, "period_start": start, "num": parts and parts[0], "den": parts and parts[1],
            "value": parts and Decimal(parts[0] * 100) / parts[1], "is_suppressed": parts is None,
            "reason": None if parts else "small_cell", "ci_low": parts and 1.0, "ci_high": parts and 99.0,
        }
        for start, parts in months.items()
    ]  # fmt: skip
    return pl.DataFrame(made, schema_overrides={"value": pl.Decimal(28, 4), "num": pl.Int64, "den": pl.Int64})


TARGETS = pl.DataFrame(
    {
        "metric_id": ["M16", "M16"], "valid_from": [dt.date(2025, 1, 1), dt.date(2026, 1, 1)],
        "valid_to": [dt.date(2026, 1, 1), dt.date(9999, 12, 31)], "target_value": [90.0, 95.0],
    }
)  # fmt: skip


def test_a_series_has_gaps_where_a_share_has_no_row_and_zeros_where_a_count_has_none() -> None:
    spans = [Span("month", dt.date(2026, 6, 1)).earlier(n) for n in (3, 2, 1, 0)]
    some = {spans[1].start: (90, 100), spans[3].start: (96, 100)}
    share = series_of(METRIC, rows("M16", some), TARGETS, spans, Words("en"))
    assert share.values == [90.0, None, 96.0]  # it begins with its first row
    assert share.targets == [95.0, 95.0, 95.0]
    assert share.reach == "met"
    assert series_of(COUNT, rows("V01", some), TARGETS, spans, Words("en")).values == [90.0, 0.0, 96.0]


def test_a_hidden_month_is_told_and_not_drawn() -> None:
    spans = [Span("month", dt.date(2026, 6, 1)).earlier(n) for n in (1, 0)]
    hidden = series_of(COUNT, rows("V01", {spans[0].start: (5, 1), spans[1].start: None}), TARGETS, spans, Words("en"))
    assert hidden.values == [500.0, None]
    assert hidden.hidden_n == 1
    assert hidden.newest.why_none == Words("en")("reason.small_cell")
    assert multiples.multiple(hidden, label="x", hover=["a", "b"], ends=("a", "b")).text.count("<circle") == 1


@pytest.mark.parametrize(("num", "high", "reach"), [(95, 99.0, "met"), (94, 99.0, "short"), (94, 94.9, "far")])
def test_a_target_is_missed_beyond_chance_only_where_the_whole_interval_misses_it(num: int, high: float, reach: str) -> None:
    span = Span("month", dt.date(2026, 6, 1))
    found = rows("M16", {span.start: (num, 100)}).with_columns(ci_high=pl.lit(high))
    assert series_of(METRIC, found, TARGETS, [span], Words("en")).reach == reach


def test_counts_of_spans_of_unlike_length_are_compared_per_day() -> None:
    march, february = Span("month", dt.date(2026, 3, 1)), Span("month", dt.date(2026, 2, 1))
    by_start = {row["period_start"]: row for row in rows("V01", {}).rows(named=True)}
    for span in (march, february):
        by_start[span.start] = {"num": 1000 * span.days, "value": 1000 * span.days, "den": None, "ci_low": None,
                                "ci_high": None, "reason": None, "is_suppressed": False}  # fmt: skip
    longer = figure_of(COUNT, by_start, march, february, Words("en"))
    assert longer.verdict == "chance"  # 31,000 against 28,000 is 1,000 a day in both
    assert SpanFigure(longer.row, longer.words, (28, 28)).verdict == "more"


def test_a_year_of_days_is_a_field_with_steps_of_even_size() -> None:
    first = dt.date(2025, 6, 30)
    days = [calendar.Day(first + dt.timedelta(days=n), n if n else None, n == 3, f"day {n}") for n in range(100)]
    drawn = calendar.calendar(days, label="x", months=list("abcdefghijkl"), weekdays=list("abcdefg")).text
    assert drawn.count("<title>") == 100
    assert drawn.count('class="none"') == 1
    assert drawn.count("holiday") == 1
    cuts = edges([day.value for day in days if day.value is not None])
    assert [step_of(n, cuts) for n in (1, 25, 45, 70, 99)] == [0, 1, 2, 3, 4]
    assert edges([5, 5, 5]) == []


def test_limits_of_a_series_are_those_of_the_overview() -> None:
    spans = [Span("month", dt.date(2026, 6, 1)).earlier(n) for n in reversed(range(14))]
    found = rows("M16", {span.start: (80 + n % 5, 100) for n, span in enumerate(spans)})
    series = series_of(METRIC, found, TARGETS, spans, Words("en"))
    assert series.limits == process_limits(series.values)
    assert series.limits is not None
