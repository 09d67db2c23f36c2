"""The board of departments names whom there is enough of, compares like with like, and lets no small number out."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.boards.department_share import side_of
from dashboards.boards.departments_open import average_of, compared_networks, named_and_rest, states_of
from dashboards.kit.access import query_text
from dashboards.kit.chance import Part, whole
from dashboards.kit.filters import View
from dashboards.kit.page import Board
from dashboards.kit.words import Words
from pipelines.core.warehouse import scratch

#: As the suppression rule has it in ref_threshold; the board asks the build.
FEW = 4


def held(code: str, open_n: int, late: int = 0, network: str = "urban", reported: int = 100) -> dict[str, Any]:
    return {
        "dept_id": code, "dept_zh": code, "dept_en": code, "network": network, "reported_n": reported, "earlier_reported_n": 0,
        "open_n": open_n, "open_with_deadline_n": open_n, "overdue_n": late,
    }  # fmt: skip


ROWS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 200)), max_size=12).map(
    lambda pairs: [held(f"D{n}", open_n, reported=reported) for n, (open_n, reported) in enumerate(pairs)]
)


@given(ROWS)
def test_no_department_is_left_alone_among_the_others_and_no_few_cases(rows: list[dict[str, Any]]) -> None:
    named, rest, others = named_and_rest(rows, FEW)
    assert len(named) + others == len(rows)
    assert sum(row["open_n"] for row in named) + rest["open_n"] == sum(row["open_n"] for row in rows)
    assert all(row["open_n"] >= whole("department_least") for row in named)
    if named:
        assert others != 1
        assert not 0 < rest["open_n"] <= FEW
    assert [row["dept_id"] for row in named] == sorted((row["dept_id"] for row in named), key=lambda code: int(code[1:]))


@given(ROWS, st.lists(st.integers(0, 200), min_size=12, max_size=12))
def test_who_is_named_is_the_same_in_every_period(rows: list[dict[str, Any]], reported: list[int]) -> None:
    other = [{**row, "reported_n": n} for row, n in zip(rows, reported, strict=False)]
    assert [row["dept_id"] for row in named_and_rest(rows, FEW)[0]] == [row["dept_id"] for row in named_and_rest(other, FEW)[0]]


def test_departments_are_compared_with_those_of_their_own_network() -> None:
    rows = [held("U1", 200, 60), held("U2", 200, 62), held("U3", 200, 10), held("C1", 300, 6, "court"), held("C2", 300, 5, "court"),
            held("X1", 50, 40, "other"), held("X2", 50, 1, "other"), held("P1", 50, 5, "police")]  # fmt: skip
    assert compared_networks(rows) == ["urban", "court"]
    states = states_of(rows, rows)
    assert states["U3"] == "far_below"
    assert states["C1"] == "average"  # though far below the urban ones
    assert states["X1"] == states["P1"] == "unknown"
    assert average_of(rows, "court") == Part(11, 600)


def test_far_below_is_better_where_lower_is() -> None:
    assert side_of("far_below", "lower") == side_of("far_above", "higher") == "better"
    assert side_of("far_below", "higher") == "worse"
    assert side_of("far_above", "neutral") == "apart"
    assert side_of("below", "higher") == side_of("unknown", "lower") == ""


PLANTED = """
create schema marts;
create table marts.build_info as select date '2020-01-01' as earliest;
create table marts.ref_metric as select 'V01' as metric_id;
create table marts.fct_metric_begin as select 'V01' as metric_id, date '2025-02-03' as first_day;
create table marts.dim_grid as select 'R' as grid_code, true as is_current, null as path_0, null as path_1, null as path_2,
    null as path_3, null as path_4, null as path_5;
create table marts.dim_feed as select 'f' as feed, timestamp '2026-06-30' as as_of;
create table marts.ref_event_kind as select 'urban_case' as event_kind, true as is_case;
create table marts.dim_department as select 'D' as dept_id, 'D' as name_zh, 'D' as name_en, 'urban' as network,
    true as is_current, date '2020-01-01' as valid_from;
create table marts.fct_event as select 'f' as feed, 'D' as lead_dept_id, unnest([timestamp '2026-01-05', '2026-03-05', '2025-03-05'])
    as reported_at, null::timestamp as deadline_at, null::timestamp as closed_at, 'REPORTED' as current_state,
    'urban_case' as event_kind, true as is_counted, 'R' as restated_grid_code;
"""


def reported(month: int) -> tuple[int, int | None]:
    """Cases of a planted department whose first were sent on 3 February 2025: those of a month of 2026, and a year before."""
    days = {"first_day": (2026, 1), "last_day": (2026, 28), "earlier_first": (2025, 1), "earlier_last": (2025, 28)}
    with scratch() as connection:
        connection.execute(PLANTED)
        row = connection.execute(
            query_text("departments__cases"),
            {name: dt.date(year, month, day) for name, (year, day) in days.items()} | {"area": "R", "root": "R"},
        ).fetchone()
    assert row
    return row[4], row[5]


def test_a_year_before_that_is_not_in_the_data_whole_is_unknown_and_not_0() -> None:
    assert reported(3) == (1, 1)
    assert reported(1) == (1, None)
    assert reported(2) == (0, None), "its first days are missing"
    rows = [{**held(code, 3), "earlier_reported_n": None} for code in ("A", "B")]
    assert named_and_rest(rows, FEW)[1] == {
        "reported_n": 200, "earlier_reported_n": None, "open_n": 6, "open_with_deadline_n": 6, "overdue_n": 0
    }  # fmt: skip


def test_the_numbers_of_the_suppression_rule_are_those_of_the_build() -> None:
    """The board has none of its own: a rule that a city dates anew holds here the same day."""
    rows = [("small_cell_max", 4.0, "2025-12-31"), ("small_cell_max", 9.0, "9999-12-31"), ("small_cell_level", 3.0, "9999-12-31")]
    with scratch() as connection:
        connection.execute(
            "create schema marts; create table marts.ref_threshold (threshold_id varchar, value double, valid_to date)"
        )
        connection.executemany("insert into marts.ref_threshold values (?, ?, ?)", rows)
        found = connection.execute(query_text("thresholds")).fetchall()
    frame = pl.DataFrame(found, schema=["threshold_id", "value"], orient="row")
    board = Board(cast("Any", SimpleNamespace(ask=lambda query: frame)), View(), Words("zh"), cast("Any", None), ".")
    assert (board.threshold("small_cell_max"), board.threshold("small_cell_level")) == (9, 3)
    with pytest.raises(KeyError):
        whole("small_cell_max")
