"""Checks of published tables: each holds on sound marts and fails on the one thing it watches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import polars as pl
import pytest

from pipelines.core.warehouse import scratch
from quality.published import QUERIES, PublishedCheck, check_published

MARTS = """
create schema marts;
create table marts.build_info as select timestamp '2026-02-03 12:00:00' as as_of;
create table marts.fct_event as select timestamp '2026-02-03 08:00:00' as reported_at;
create table marts.fct_feed_outcome as select timestamp '2026-02-02 23:59:59' as extracted_at;
create table marts.dim_grid as select * from (values
    ('37', 0, null, '示例市', 'City', true), ('3701', 1, '37', '东区', 'East', true), ('3702', 1, '37', '西区', 'West', true),
    ('370201', 2, '3702', '街道', 'Street', true), ('3709', 1, '37', '旧区', 'Old', false),
    ('UNASSIGNED', 1, '37', '未落图', 'Unassigned', true)
) as t (grid_code, grid_level, parent_code, name_zh, name_en, is_current);
create table marts.fct_population as select * from (values
    ('37', 2024, 'usual', 90), ('37', 2025, 'usual', 100), ('3701', 2025, 'usual', 60), ('3702', 2025, 'usual', 40)
) as t (grid_code, year, pop_kind, value);
create table marts.ref_metric as select * from (values
    ('V01', '上报事件数', 'Events reported', 'count', 'events'), ('M08', '按期办结率', 'Closed in time', 'ratio', '%'),
    ('M01', '千人发案率', 'Cases per 1,000', 'ratio', 'per 1,000'), ('M48', '中位办结天数', 'Median days', 'median', 'days')
) as t (metric_id, name_zh, name_en, family, unit_en);
create table marts.fct_metric_value (metric_id varchar, slice_kind varchar, slice_code varchar, grid_code varchar,
    period_kind varchar, period_start date, period_end date, basis varchar, num bigint, den bigint, stat_value double);
insert into marts.fct_metric_value values
    ('V01', 'all', 'all', '37', 'month', '2026-01-01', '2026-01-31', 'as_was', 12, null, null),
    ('V01', 'all', 'all', '3701', 'month', '2026-01-01', '2026-01-31', 'as_was', 5, null, null),
    ('V01', 'all', 'all', '3702', 'month', '2026-01-01', '2026-01-31', 'as_was', 4, null, null),
    ('V01', 'all', 'all', 'UNASSIGNED', 'month', '2026-01-01', '2026-01-31', 'as_was', 2, null, null),
    ('V01', 'all', 'all', '37', 'month', '2026-02-01', '2026-02-28', 'as_was', 1, null, null),
    ('M08', 'all', 'all', '37', 'month', '2026-01-01', '2026-01-31', 'as_was', 9, 10, null),
    ('M01', 'all', 'all', '37', 'month', '2026-01-01', '2026-01-31', 'as_was', 9, 5, null),
    ('M48', 'all', 'all', '37', 'month', '2026-01-01', '2026-01-31', 'as_was', null, null, 3.5);
"""
LEAD = dt.timedelta(hours=26)


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    with scratch() as connection:
        connection.execute(MARTS)
        yield connection


def frames_of(marts: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    return {name: marts.sql(query).pl() for name, query in QUERIES.items()}


def failed(marts: duckdb.DuckDBPyConnection) -> dict[str, PublishedCheck]:
    return {check.check_id: check for check in check_published(frames_of(marts), allowed_lead=LEAD) if not check.ok}


def test_sound_marts_pass(marts: duckdb.DuckDBPyConnection) -> None:
    assert not failed(marts)
    checks = check_published(frames_of(marts), allowed_lead=LEAD)
    assert len(checks) == 6
    assert all(check.evaluated_n > 0 for check in checks)
    assert all(check.question_zh and check.question_en and not check.detail_zh for check in checks)


BREAKS = {
    "as_of_is_backed_by_data": "update marts.build_info set as_of = timestamp '2026-02-04 10:00:01'",
    "shares_lie_between_0_and_100": "update marts.fct_metric_value set num = 11 where metric_id = 'M08'",
    "no_figure_is_negative": "update marts.fct_metric_value set stat_value = -0.5 where metric_id = 'M48'",
    "every_area_is_present": "delete from marts.fct_metric_value where grid_code = '3702'",
    "population_is_complete": "delete from marts.fct_population where grid_code = '3702'",
    "parts_do_not_exceed_the_whole": "update marts.fct_metric_value set num = 7 where grid_code = '3701'",
}


@pytest.mark.parametrize("check_id", BREAKS)
def test_each_fault_fails_its_check_only(marts: duckdb.DuckDBPyConnection, check_id: str) -> None:
    marts.execute(BREAKS[check_id])
    found = failed(marts)
    assert set(found) == {check_id}
    assert found[check_id].failed_n == 1
    assert found[check_id].detail_zh
    assert found[check_id].detail_en


def test_negative_counts_and_denominators_fail(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute("update marts.fct_metric_value set num = -1 where metric_id = 'M01'")
    marts.execute("update marts.fct_metric_value set den = -1, num = -2 where metric_id = 'M08'")
    assert failed(marts)["no_figure_is_negative"].failed_n == 2


def test_a_month_that_is_not_over_is_not_asked_for_its_areas(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute("update marts.build_info set as_of = timestamp '2026-02-28 23:59:59'")
    marts.execute("update marts.fct_event set reported_at = timestamp '2026-02-28 20:00:00'")
    assert failed(marts)["every_area_is_present"].failed_n == 2  # February is over, and only the city has a count


def test_a_city_without_residents_is_not_asked_for_them(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute("delete from marts.fct_population")
    assert not failed(marts)


def test_a_build_without_any_data_is_told(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute("delete from marts.fct_event")
    marts.execute("delete from marts.fct_feed_outcome")
    assert "as_of_is_backed_by_data" in failed(marts)


def test_what_blocks_comes_first(marts: duckdb.DuckDBPyConnection) -> None:
    marts.execute(BREAKS["population_is_complete"])
    marts.execute(BREAKS["parts_do_not_exceed_the_whole"])
    assert list(failed(marts)) == ["parts_do_not_exceed_the_whole", "population_is_complete"]
