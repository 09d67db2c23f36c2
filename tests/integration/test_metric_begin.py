"""From which day on a figure's cases were sent: that none of a rare sort came is 0, not unknown, once its feed delivers.

The model is run as dbt compiles it, on a few cases of this test's own; then a rare figure of the tiny city is asked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.core.warehouse import open_published
from pipelines.trace import find_figure, parse_name
from tests import compiling
from tests.conftest import ROOT

MODEL = "fct_metric_begin"
TIMES = ("reported_at", "accepted_at", "filed_at", "dispatched_at", "verified_at", "closed_at", "deadline_at", "called_back_at",
         "performance_due_at", "confirm_applied_at", "evaluation_due_at", "first_seen_at", "follow_up_end_at")  # fmt: skip
#: Kind and times: a petition long before the calendar, one of a Wednesday, one after the data; a mediation closed in May and one
#: of whose agreements a court was asked in November.
CASES = [
    ("petition", {"reported_at": "1999-01-04 08:00", "closed_at": "2024-12-31 10:00"}),
    ("petition", {"reported_at": "2025-05-07 08:00", "closed_at": "2025-06-04 08:00"}),
    ("petition", {"reported_at": "2026-07-01 00:00"}),
    ("mediation", {"reported_at": "2025-05-06 09:00", "closed_at": "2025-05-20 09:00"}),
    ("mediation", {"reported_at": "2025-10-06 09:00", "closed_at": "2025-10-20 09:00", "confirm_applied_at": "2025-11-12 09:00"}),
]


@pytest.fixture(scope="module")
def begins(tiny_home: Path) -> Iterator[dict[str, dt.date]]:
    text = compiling.of_build(tiny_home, MODEL)[MODEL]
    with duckdb.connect() as database:
        database.execute(f"attach ':memory:' as {compiling.DATABASE}; use {compiling.DATABASE}")
        for schema in ("seeds", "marts", "intermediate"):
            database.execute(f"create schema if not exists {schema}")
        database.execute(f"create table seeds.ref_metric as from read_csv('{ROOT}/dbt_project/seeds/ref_metric.csv')")
        columns = ", ".join(f"{name} timestamp" for name in TIMES)
        database.execute(f"create table marts.fct_event (event_kind varchar, feed varchar, {columns})")
        for kind, times in CASES:
            database.execute(
                f"insert into marts.fct_event (event_kind, feed, {', '.join(times)}) values (?, 'f', {', '.join('?' * len(times))})",
                [kind, *times.values()],
            )
        database.execute("create table marts.dim_feed as select 'f' as feed, timestamp '2026-06-30 23:59:59' as as_of")
        database.execute("create table marts.build_info as select '1' as root_code")
        database.execute("create table marts.dim_grid as select '11' as grid_code, date '2020-01-01' as valid_from")
        database.execute(
            "create table intermediate.int_metric_day as select day::date as day, date_trunc('week', day)::date as chunk_start "
            "from generate_series(date '2025-01-01', date '2026-07-31', interval 1 day) as days (day)"
        )
        yield dict(database.execute(text).fetchall())


def test_any_case_of_a_kind_tells_that_it_was_sent(begins: dict[str, dt.date]) -> None:
    """No petition here is of a group, from above or a visit: all their figures begin where petitions do."""
    wednesday = dt.date(2025, 5, 5)
    assert {begins[metric] for metric in ("M05", "M05b", "M05d", "M05f", "M05g", "V11")} == {wednesday}
    assert begins["V01"] == wednesday, "of several kinds the first"


def test_a_figure_begins_where_its_own_time_or_a_closing_does(begins: dict[str, dt.date]) -> None:
    assert begins["M28b"] == dt.date(2025, 6, 2), "closings, the first within the calendar; when cases came says nothing of them"
    assert begins["M14"] == dt.date(2025, 5, 19), "what came of an agreement is sent with the cases that are closed"
    assert begins["M30"] == dt.date(2020, 1, 1), "grids are known from the map on"


def test_a_kind_that_nobody_sent_has_no_beginning(begins: dict[str, dt.date]) -> None:
    assert not {"M02", "M03", "V03"} & set(begins)


def test_none_of_a_rare_sort_is_0_where_its_feed_delivered(tiny_home: Path) -> None:
    with open_published(tiny_home) as build:
        ((first,),) = build.rows("select min(reported_at) from marts.fct_event where event_kind = 'petition' and is_group")
        assert first > dt.datetime(2025, 7, 1), "the first petition of a group came months after the first petition"
        quiet, before = (find_figure(build, parse_name(f"M05f/990100/{month}")) for month in ("2025-06", "2025-04"))
    assert (quiet.num, quiet.reason) == (0, "no_cases")
    assert (before.num, before.reason) == (None, "before_data")
