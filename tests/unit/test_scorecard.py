"""Scorecard: counts are added by feed, month and dimension; each score keeps its numerator and denominator."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from pipelines.core.measured import ScoreRow
from pipelines.core.state import Ledger
from quality.scorecard import Score, month_of, score_feeds


def outcome(sha: str, **changes: Any) -> dict[str, Any]:
    row = {
        "feed": "calls", "sha256": sha, "status": "loaded", "extracted_at": "2026-01-31 23:59:59",
        "clock_max": "2026-01-31 20:00:00", "received_at": "2026-05-01T08:00:00", "read_n": 100, "repeat_n": 4, "nondata_n": 20,
    }  # fmt: skip
    return {**row, **changes}


def rule(sha: str, dimension: str, evaluated: int, failed: int) -> dict[str, Any]:
    return {"feed": "calls", "sha256": sha, "dimension": dimension, "evaluated_n": evaluated, "failed_n": failed}


def test_counts_of_a_month_are_added() -> None:
    files = [outcome("a"), outcome("b", clock_max="2026-01-30 20:00:00", repeat_n=0)]
    rules = [
        rule("a", "completeness", 80, 8), rule("b", "completeness", 80, 0), rule("a", "conformity", 60, 6),
        rule("a", "consistency", 0, 0),
    ]  # fmt: skip
    assert score_feeds(files, rules, {"calls": 26}) == [
        Score("calls", "2026-01", "completeness", 152, 160),
        Score("calls", "2026-01", "timeliness", 1, 2),
        Score("calls", "2026-01", "uniqueness", 156, 160),
        Score("calls", "2026-01", "validity", 54, 60),
    ]


def test_a_file_that_was_not_loaded_scores_nothing() -> None:
    assert score_feeds([outcome("a", status="held")], [rule("a", "conformity", 9, 9)], {"calls": 26}) == []


def test_a_replaced_file_still_tells_how_good_its_data_was() -> None:
    found = score_feeds([outcome("a", status="superseded")], [rule("a", "conformity", 10, 5)], {})
    assert Score("calls", "2026-01", "validity", 5, 10) in found


def test_timeliness_needs_both_times_and_a_latency() -> None:
    for changes in ({"extracted_at": None}, {"clock_max": None}):
        assert not [s for s in score_feeds([outcome("a", **changes)], [], {"calls": 26}) if s.dimension == "timeliness"]
    assert not [s for s in score_feeds([outcome("a")], [], {}) if s.dimension == "timeliness"]


def test_month_falls_back_from_extract_to_newest_record_to_receipt() -> None:
    assert month_of(outcome("a")) == "2026-01"
    assert month_of(outcome("a", extracted_at=None, clock_max="2025-12-31 20:00:00")) == "2025-12"
    assert month_of(outcome("a", extracted_at=None, clock_max=None)) == "2026-05"


def test_percent_is_none_where_nothing_was_looked_at() -> None:
    assert Score("f", "2026-01", "validity", 0, 0).percent is None
    assert Score("f", "2026-01", "validity", 1, 4).percent == 25


def test_great_expectations_counts_stand_beside_the_judges() -> None:
    again = [{**rule("a", "conformity", 50, 6), "is_error": 1}, {**rule("gone", "conformity", 9, 9), "is_error": 0}]
    (score,) = [s for s in score_feeds([outcome("a")], [rule("a", "conformity", 60, 6)], {}, again) if s.dimension == "validity"]
    assert score == Score("calls", "2026-01", "validity", 54, 60, gx_evaluated_n=50, gx_failed_n=6, gx_error_n=1)


def test_only_what_moved_is_kept(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    first = ScoreRow("calls", "2026-01", "validity", "2026-02-01 08:00:00", 54, 60)
    assert ledger.add_scores([first]) == 1
    assert ledger.add_scores([replace(first, seen_at="2026-02-02 08:00:00")]) == 0
    moved = replace(first, seen_at="2026-02-03 08:00:00", num=55)
    assert ledger.add_scores([moved]) == 1
    back = replace(first, seen_at="2026-02-04 08:00:00")
    assert ledger.add_scores([back]) == 1
    told = ledger.rows("select seen_at, num from score order by seen_at")
    assert [(row["seen_at"][:10], row["num"]) for row in told] == [("2026-02-01", 54), ("2026-02-03", 55), ("2026-02-04", 54)]
    ledger.close()


def test_a_score_of_which_nothing_is_left_ends(tmp_path: Path) -> None:
    """Its last file was retracted: the history tells when, once; and that it is there again."""
    ledger = Ledger(tmp_path / "ledger.db")
    first, other = (ScoreRow("calls", month, "validity", "2026-02-01 08:00:00", 54, 60) for month in ("2026-01", "2026-02"))
    assert ledger.add_scores([first, other], seen_at="2026-02-01 08:00:00") == 2
    assert ledger.add_scores([other], seen_at="2026-02-02 08:00:00") == 1
    assert ledger.add_scores([other], seen_at="2026-02-03 08:00:00") == 0
    assert ledger.add_scores([replace(first, seen_at="2026-02-04 08:00:00"), other], seen_at="2026-02-04 08:00:00") == 1
    told = ledger.rows("select seen_at, num, den from score where month = '2026-01' order by seen_at")
    assert [(row["seen_at"][8:10], row["num"], row["den"]) for row in told] == [("01", 54, 60), ("02", 0, 0), ("04", 54, 60)]
    ledger.close()


def test_a_score_that_ended_has_no_latest() -> None:
    model = Path(__file__).parents[2] / "dbt_project" / "models" / "marts" / "quality" / "fct_score.sql"
    sql = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", model.read_text(encoding="utf-8"))
    seen = [("2026-01", 1, 54, 60), ("2026-01", 2, 0, 0), ("2026-02", 1, 54, 60), ("2026-02", 2, 0, 0), ("2026-02", 3, 50, 60)]
    with duckdb.connect() as database:
        database.execute("create table dim_feed as select 'calls' as feed")
        database.execute(
            "create table stg_ops__score (feed varchar, month varchar, dimension varchar, seen_at integer, num integer, den integer, "
            "gx_evaluated_n integer, gx_failed_n integer, gx_error_n integer)"
        )
        rows = [("calls", month, "validity", at, num, den, 0, 0, 0) for month, at, num, den in seen]
        database.executemany("insert into stg_ops__score values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        found = database.execute(f"select month(month), seen_at, num, is_latest from ({sql}) order by 1, 2").fetchall()
    assert found == [(1, 1, 54, False), (2, 1, 54, False), (2, 3, 50, True)]
