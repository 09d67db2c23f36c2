"""Dirt measured against dirt planted: what the ledger counted and the board shows is what the generator put in.

The truth knows every injected cell and what a perfect cleaner leaves of it; the counts compared here come from the ledger and
from `fct_dirt` of the published build.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.core.warehouse import open_published
from tests.conftest import TinyCity
from tests.integration.test_truth import FEEDS, asked, truth_of

FOUND = ["feed", "column_name", "mark"]


@pytest.fixture(scope="module")
def marks(tiny_city: TinyCity) -> pl.DataFrame:
    """What the ledger counted, over all files of the event feeds."""
    found = asked(
        tiny_city.home,
        "select m.feed, m.column_name, m.mark, sum(m.found_n) as found_n from parse_mark m join parse p "
        "using (feed, sha256, parser) where p.is_current group by 1, 2, 3",
        {"feed": pl.String, "column_name": pl.String, "mark": pl.String, "found_n": pl.Int64},
    )
    return found.filter(pl.col("feed").is_in(FEEDS)).sort(FOUND)


@pytest.fixture(scope="module")
def shown(tiny_city: TinyCity) -> pl.DataFrame:
    """What the board reads."""
    build = open_published(tiny_city.home)
    frame = build.connection.sql("select * from marts.fct_dirt").pl()
    build.close()
    return frame.filter(pl.col("feed").is_in(FEEDS))


def total(shown: pl.DataFrame, by: str, *marks: str) -> dict[str, int]:
    """Counts of some marks by feed or by mark."""
    found = shown.filter(pl.col("mark").is_in(marks)).group_by(by).agg(pl.col("found_n").sum())
    return dict(found.iter_rows())


def planted(rows: pl.DataFrame) -> pl.DataFrame:
    """What cleaning should have counted, from the truth's rows: every row of every file, whatever became of it."""
    flags = rows.select("feed", pl.col("flags")).explode("flags").drop_nulls()
    marks = flags.filter(pl.col("flags").str.contains(":", literal=True)).select(
        "feed", pl.col("flags").str.split(":").list.to_struct(fields=["column_name", "mark"])
    )
    return marks.unnest("flags").group_by(FOUND).agg(pl.len().cast(pl.Int64).alias("found_n")).sort(FOUND)


def test_every_parse_rule_was_counted_as_often_as_it_was_planted(tiny_city: TinyCity, marks: pl.DataFrame) -> None:
    expected = planted(truth_of(tiny_city, "rows"))
    assert set(expected["mark"]) >= {
        "excel_damage",
        "d02",
        "cn_date",
        "h12",
        "no_seconds",
        "d06",
        "d07",
        "relative",
        "null_token",
    }
    assert_frame_equal(marks.filter(pl.col("mark") != "personal"), expected, check_column_order=False)


def test_narratives_that_name_a_person_are_counted_and_nothing_else_of_them(tiny_city: TinyCity, marks: pl.DataFrame) -> None:
    rows = truth_of(tiny_city, "rows").filter(pl.col("dirt").list.contains("D10"))
    expected = dict(rows.group_by("feed").len().iter_rows())
    found = dict(marks.filter(pl.col("mark") == "personal").group_by("feed").agg(pl.col("found_n").sum()).iter_rows())
    assert found == expected
    assert sum(expected.values()) > 100


def test_the_board_shows_what_the_ledger_counted(marks: pl.DataFrame, shown: pl.DataFrame) -> None:
    found = shown.filter(pl.col("mark").is_in(marks["mark"].unique().implode())).group_by(FOUND).agg(pl.col("found_n").sum())
    assert_frame_equal(found.sort(FOUND), marks, check_dtypes=False)


def test_repeats_and_broken_orders_are_shown_as_planted(tiny_city: TinyCity, shown: pl.DataFrame) -> None:
    rows = truth_of(tiny_city, "rows")
    assert total(shown, "feed", "repeat") == dict(rows.filter(pl.col("fate") == "repeat").group_by("feed").len().iter_rows())
    orders = rows.select("feed", "flags").explode("flags").filter(pl.col("flags").str.ends_with("-order"))
    assert total(shown, "feed", "order") == dict(orders.group_by("feed").len().iter_rows())
    refused = rows.select("feed", "rule_ids").explode("rule_ids").filter(pl.col("rule_ids").str.ends_with("-required"))
    assert total(shown, "feed", "required") == dict(refused.group_by("feed").len().iter_rows())


def test_what_events_tell_is_shown_as_the_truth_has_it(tiny_city: TinyCity, shown: pl.DataFrame) -> None:
    events = truth_of(tiny_city, "events")
    acts = ("callback", "dispatch_whistle", "grid_assist")
    placed = events.filter(~pl.col("event_kind").is_in(acts) & (pl.col("grid_resolution_method") != "code"))
    ways = dict(placed.group_by("grid_resolution_method").len().iter_rows())
    assert total(shown, "mark", "other_code", "polygon", "place_code", "name", "none") == ways
    merged = events.filter(pl.col("not_counted_reason") == "merged").height
    assert total(shown, "mark", "merged") == {"merged": merged}
    names = ["feed", "source_case_no"]
    known = events.select(feed="event_kind", source_case_no="source_case_no")
    rows = truth_of(tiny_city, "rows").filter((pl.col("fate") == "accepted") & pl.col("dirt").list.contains("D09"))
    assert total(shown, "mark", "class_split") == {"class_split": rows.join(known, on=names).select(names).n_unique()}
    unmapped = events.filter(pl.col("category_code") == "UNMAPPED").height
    assert total(shown, "mark", "unmapped_category").get("unmapped_category", 0) == unmapped


def test_drifted_files_and_titles_are_shown_as_planted(tiny_city: TinyCity, shown: pl.DataFrame) -> None:
    files = truth_of(tiny_city, "files")
    assert total(shown, "feed", "unknown_column") == dict(files.filter("has_drifted").group_by("feed").len().iter_rows())
    laid = files.filter(pl.col("nondata_n") > 0).group_by("feed").agg(pl.col("nondata_n").sum())
    assert total(shown, "feed", "nondata") == dict(laid.iter_rows())


def test_shares_are_of_the_rows_of_the_month(shown: pl.DataFrame) -> None:
    assert (shown["found_n"] > 0).all()
    rows = shown.filter(pl.col("unit").is_in(["row", "file"]))
    assert (rows["found_n"] <= rows["of_n"]).all()


def test_scores_were_kept_and_agree_with_great_expectations(tiny_city: TinyCity) -> None:
    build = open_published(tiny_city.home)
    scores: list[Any] = build.connection.sql(
        "select dimension, count(*), min(num), bool_and(num <= den), sum(gx_evaluated_n), sum(den), sum(den - num), sum(gx_failed_n), "
        "sum(gx_error_n), count(distinct feed) from marts.fct_score group by 1 order by 1"
    ).fetchall()
    build.close()
    assert [row[0] for row in scores] == ["completeness", "consistency", "timeliness", "uniqueness", "validity"]
    assert all(row[3] and row[8] == 0 for row in scores)
    for row in scores:
        if row[0] in ("completeness", "validity", "consistency"):
            assert row[7] == row[6], f"{row[0]}: the judge and Great Expectations do not agree"
