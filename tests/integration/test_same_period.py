"""Changes on an earlier period on a series whose truth is known: flat but for days off, over five Spring Festivals.

The models are run as dbt compiles them, on tables of this test's own; what they should come to is worked out here in
Python, day by day. That the counts themselves are right is test_truth's.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chinese_calendar
import duckdb
import pytest

from tests import compiling
from tests.conftest import ROOT

DBT = ROOT / "dbt_project"
FIRST, AS_OF = dt.date(2022, 1, 1), dt.date(2026, 5, 20)
ONE_DAY = dt.timedelta(days=1)
#: Cases of a day: a register that takes in little on days off.
CASES = {"workday": 1000, "weekend": 300, "holiday": 100}
PLAIN, ADJUSTED, ON_MONTH = "M03b", "M03w", "M03m"
#: First days of lunar years, as printed in any almanac.
NEW_YEARS = (dt.date(2022, 2, 1), dt.date(2023, 1, 22), dt.date(2024, 2, 10), dt.date(2025, 1, 29), dt.date(2026, 2, 17))
#: In the order in which each reads those before it, with their schemas.
MODELS = {
    "dim_date": "marts", "int_metric_period": "intermediate", "bridge_period_before": "marts", "fct_metric_day_weight": "marts",
    "v_metric_pair": "marts", "fct_metric_change": "marts",
}  # fmt: skip


def cases_on(day: dt.date) -> int:
    """The flat series: what a day brings hangs on its kind alone."""
    if chinese_calendar.is_workday(day):
        return CASES["workday"]
    return CASES["holiday" if chinese_calendar.get_holiday_detail(day)[1] else "weekend"]


def cases_in(first: dt.date, last: dt.date) -> int:
    return sum(cases_on(first + ONE_DAY * n) for n in range((last - first).days + 1))


@pytest.fixture(scope="module")
def series(tiny_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    compiled = compiling.of_build(tiny_home, *MODELS)
    with duckdb.connect() as database:
        database.execute(f"attach ':memory:' as {compiling.DATABASE}")
        database.execute(f"use {compiling.DATABASE}")
        for schema in ("seeds", "marts", "intermediate"):
            database.execute(f"create schema if not exists {schema}")
        for seed in ("ref_calendar", "ref_lunar_new_year", "ref_threshold", "ref_metric", "ref_metric_cut"):
            database.execute(f"create table seeds.{seed} as from read_csv('{DBT / 'seeds' / seed}.csv', all_varchar = false)")
        # A city without days of its own.
        database.execute("create table intermediate.int_calendar as from seeds.ref_calendar")
        database.execute(
            "create table marts.build_info as select timestamp '2026-05-20 23:59:59' as as_of, date '2022-01-01' as earliest"
        )
        database.execute(
            "create table intermediate.int_metric_printed_period(period_kind varchar, period_start date, period_end date)"
        )
        database.execute(
            "create table intermediate.int_metric_atom(metric_id varchar, slice_kind varchar, time_grain varchar, day date, num bigint)"
        )
        days = [FIRST + ONE_DAY * n for n in range((AS_OF - FIRST).days + 1)]
        database.executemany(
            "insert into intermediate.int_metric_atom values ('M03', 'all', 'day', ?, ?)", [(day, cases_on(day)) for day in days]
        )
        database.execute(
            "create table marts.fct_metric_hidden(metric_id varchar, slice_kind varchar, slice_code varchar, grid_code varchar, "
            "grid_level integer, year integer, height integer)"
        )  # nothing of the whole city is hidden
        database.execute("create table marts.fct_metric_begin as select 'M03' as metric_id, date '2022-01-01' as first_day")
        for name, schema in MODELS.items():
            if name == "bridge_period_before":
                _figures(database)
            database.execute(f"create table {schema}.{name} as {compiled[name]}")
        yield database


def _figures(database: duckdb.DuckDBPyConnection) -> None:
    """Counts of the city and every period, as fct_metric_value would hold them."""
    database.execute(
        "create table marts.fct_metric_value as "
        "select 'M03' as metric_id, 'all' as slice_kind, 'all' as slice_code, 'city' as grid_code, 'v1' as grid_version_id, "
        "0 as grid_level, p.period_kind, p.period_start, p.period_end, 'as_was' as basis, sum(a.num)::bigint as num, "
        "1000000::bigint as den, null::double as stat_value, false as is_suppressed, null::varchar as reason, "
        "false as is_weighted, null::double as ci_low, null::double as ci_high "
        "from intermediate.int_metric_period as p inner join intermediate.int_metric_atom as a "
        "on a.day between p.period_start and p.period_end group by all"
    )


def changes(series: duckdb.DuckDBPyConnection, metric: str, kind: str) -> list[tuple[Any, ...]]:
    """(start, end, num, den, stat_value, reason), in order."""
    return series.execute(
        "select period_start, period_end, num, den, stat_value, reason from marts.fct_metric_change "
        "where metric_id = ? and period_kind = ? order by 1, 2",
        [metric, kind],
    ).fetchall()


def test_a_flat_series_is_flat_by_working_days(series: duckdb.DuckDBPyConnection) -> None:
    """Within 1 % in every month; unadjusted, a month may seem to fall or rise by a tenth and more."""
    months = changes(series, ADJUSTED, "month")
    assert len(months) == 40, "January 2023 to April 2026"
    assert max(abs(value) for *_, value, _ in months) <= 0.01
    plain = {start: num / den - 1 for start, _, num, den, *_ in changes(series, PLAIN, "month")}
    assert plain[dt.date(2026, 2, 1)] < -0.1
    assert max(plain.values()) > 0.1


def test_the_festival_is_compared_with_the_festival(series: duckdb.DuckDBPyConnection) -> None:
    found = changes(series, PLAIN, "spring_festival")
    windows = [(day - 21 * ONE_DAY, day + 20 * ONE_DAY) for day in NEW_YEARS]
    assert [row[:4] for row in found] == [(*now, cases_in(*now), cases_in(*then)) for then, now in itertools.pairwise(windows)]


@pytest.mark.parametrize(
    ("kind", "first", "before"),
    [("month_to_date", (2026, 5, 1), (2025, 5, 1)), ("quarter_to_date", (2026, 4, 1), (2025, 4, 1)),
     ("half_year_to_date", (2026, 1, 1), (2025, 1, 1)), ("year_to_date", (2026, 1, 1), (2025, 1, 1))],
)  # fmt: skip
def test_an_open_period_is_compared_with_as_many_days(
    series: duckdb.DuckDBPyConnection, kind: str, first: tuple[int, int, int], before: tuple[int, int, int]
) -> None:
    *earlier, latest = changes(series, PLAIN, kind)
    assert latest[:4] == (
        dt.date(*first), AS_OF, cases_in(dt.date(*first), AS_OF), cases_in(dt.date(*before), AS_OF.replace(year=2025)),
    )  # fmt: skip
    assert not [row for row in earlier if row[3] == 0], "what was never made is no zero"


def test_an_open_period_is_never_compared_as_a_full_one(series: duckdb.DuckDBPyConnection) -> None:
    for kind in ("month", "quarter", "half_year", "year"):
        assert all(end <= AS_OF for _, end, *_ in changes(series, PLAIN, kind))


def test_no_month_is_compared_with_one_across_the_festival(series: duckdb.DuckDBPyConnection) -> None:
    found = changes(series, ON_MONTH, "month")
    assert {start.month for start, *_, reason in found if reason == "festival_months"} == {1, 2, 3}
    shown = [(start, value) for start, *_, value, reason in found if reason is None]
    assert {start.month for start, _ in shown} == set(range(4, 13))
    assert max(abs(value) for _, value in shown) <= 0.01


def test_weights_are_what_days_off_bring_in(series: duckdb.DuckDBPyConnection) -> None:
    (row,) = series.execute("select * from marts.fct_metric_day_weight where metric_id = ?", [ADJUSTED]).fetchall()
    assert row[2:] == (pytest.approx(0.3), pytest.approx(0.1))
