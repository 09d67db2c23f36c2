"""Scorecard: counts are added by feed, month and dimension; each score keeps its numerator and denominator."""

from __future__ import annotations

from typing import Any

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
