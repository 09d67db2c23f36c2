"""Figures whose parts the generator cannot know, summed a second time from the parts that the pipeline states.

Belongs here: M43, M50 and V04, by month, per feed and in all, in plain polars. Does not: the parts themselves (clocks:
test_clocks; checks: test_quality_parity), figures that the truth knows (test_truth).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.core.warehouse import open_published
from tests.conftest import TinyCity


@pytest.fixture(scope="module")
def published(tiny_city: TinyCity) -> Iterator[Any]:
    build = open_published(tiny_city.home)
    yield build.connection
    build.connection.close()


def _shares(rows: pl.DataFrame) -> pl.DataFrame:
    """Sums of num and den of `rows` (feed, day, num, den) by month, per feed and in all."""
    every = pl.concat([rows, rows.with_columns(feed=pl.lit("all"))])
    return every.group_by(slice_code="feed", period_start=pl.col("day").dt.truncate("1mo")).agg(pl.col("num", "den").sum())


def _monthly(published: Any, metric_id: str) -> pl.DataFrame:
    return published.sql(  # type: ignore[no-any-return]
        "select slice_code, period_start, num, den from marts.fct_metric_value where period_kind = 'month' and basis = 'as_was' "
        f"and metric_id = '{metric_id}'"
    ).pl()


def assert_same_shares(found: pl.DataFrame, expected: pl.DataFrame) -> None:
    keys = ["slice_code", "period_start"]
    begun = expected.filter(pl.col("period_start") >= found["period_start"].min())
    assert found.height > 50
    assert_frame_equal(found.sort(keys), begun.select(found.columns).sort(keys), check_dtypes=False)


def test_data_health_is_the_share_of_checks_passed(tiny_city: TinyCity, published: Any) -> None:
    schema = {"feed": pl.String, "day": pl.String, "severity": pl.String, "failed_n": pl.Int64, "is_error": pl.Int64}
    with sqlite3.connect(f"file:{tiny_city.home / 'state' / 'ledger.db'}?mode=ro", uri=True) as ledger:
        told = ledger.execute(
            "select r.feed, substr(coalesce(f.extracted_at, p.clock_max), 1, 10), r.severity, r.failed_n, coalesce(q.is_error, 0) "
            "from rule_outcome r join file f using (feed, sha256) join parse p using (feed, sha256, parser) "
            "left join quality_outcome q using (feed, sha256, parser, rule_id) where p.is_current and f.status = 'loaded'"
        ).fetchall()
    outcomes = pl.DataFrame(told, schema=schema, orient="row")
    weight = dict(published.sql("select severity, weight from marts.ref_quality_weight").fetchall())
    each = pl.col("severity").replace_strict(weight, return_dtype=pl.Int64)
    passed = (pl.col("failed_n") == 0) & (pl.col("is_error") == 0)
    rows = outcomes.select("feed", pl.col("day").str.to_date(), num=pl.when(passed).then(each).otherwise(0), den=each)
    expected = _shares(rows.drop_nulls("day"))
    assert expected.filter(pl.col("num") < pl.col("den")).height > 10
    assert_same_shares(_monthly(published, "M50"), expected)


def test_extended_clocks_are_the_share_of_clocks_due(published: Any) -> None:
    clocks = published.sql(
        "select c.feed, c.deadline_at, c.outcome, c.extension_minutes, e.extension_n, f.as_of from marts.fct_sla_clock c "
        "join marts.fct_event e using (event_id) join marts.dim_feed f on f.feed = e.feed "
        "where c.clock_role = 'finish' and e.is_counted and e.reported_at <= f.as_of"
    ).pl()
    due = clocks.filter((pl.col("deadline_at") <= pl.col("as_of")) & pl.col("outcome").is_in(["met", "late", "open_overdue"]))
    extended = (pl.col("extension_minutes") > 0).fill_null(False) | (pl.col("extension_n") > 0).fill_null(False)
    rows = due.select("feed", pl.col("deadline_at").dt.date().alias("day"), num=extended.cast(pl.Int64), den=pl.lit(1, pl.Int64))
    expected = _shares(rows)
    assert expected["num"].sum() > 0
    assert_same_shares(_monthly(published, "M43"), expected)


def test_illegal_steps_are_the_share_of_steps(published: Any) -> None:
    steps = published.sql(
        "select e.feed, cast(e.reported_at as date) as day, s.is_bad_transition from marts.fct_event_stage s "
        "join marts.fct_event e using (event_id)"
    ).pl()
    rows = steps.with_columns(num=pl.col("is_bad_transition").cast(pl.Int64), den=pl.lit(1, pl.Int64))
    expected = _shares(rows.select("feed", "day", "num", "den").drop_nulls("day"))
    assert expected["num"].sum() > 0
    assert_same_shares(_monthly(published, "V04"), expected)
