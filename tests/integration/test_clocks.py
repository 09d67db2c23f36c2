"""The clocks by hand: more than 200 cases worked out on the real calendar, and what must hold for any case at all.

The SQL is the project's own: seeds and int_clock_day are built by dbt into a database of this test, and the macros are
compiled as the models compile them. `tests/data/clock_cases.csv` was written by reasoning on the calendar of the State
Council's notices; the column `why` says what a case is about.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import chinese_calendar
import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.building.changes import clock_columns
from pipelines.building.dbt import PROJECT, dbt_environment, dbt_program
from pipelines.building.parsed import manifest
from pipelines.core.register import SEEDS
from pipelines.core.settings import Home, load_settings
from tests.conftest import ROOT

CASES = ROOT / "tests" / "data" / "clock_cases.csv"
LATE = "2027-12-31 23:59:59"
#: What the macros are asked, each a statement over tables that the tests fill.
ASKED = {
    "cases": """
        with facts as (select * from given_event), roots as (select * from facts where root_event_id is null),
        feeds as (select * from given_feed), running as (select *, true as is_new from given_rule),
        rules as (select * from {{ ref('ref_sla_rule') }} where is_run),
        clocks as (select * from {{ event_clocks() }} as event_clocks), pauses as (select * from given_pause)
        select * from {{ sla_clocks('clocks', 'pauses') }} as judged""",
    "clocks": "with pauses as (select * from given_pause) select * from {{ sla_clocks('given_clock', 'pauses') }} as judged",
    "positions": """
        select moments.n, {{ working_position('moments.moment', 'days') }} as position
        from moments inner join {{ ref('int_clock_day') }} as days on cast(moments.moment as date) = days.date_day order by n""",
}
COLUMNS = ("event_kind", "case_class", "instance", "severity", "procedure")
Row = dict[str, Any]


def _dbt(home: Home, *arguments: str) -> None:
    done = subprocess.run(
        [*dbt_program(), *arguments], cwd=PROJECT, env=dbt_environment(home, load_settings()), capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


class Clocks:
    """The compiled macros and a database that holds what they look up."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, statements: dict[str, str]) -> None:
        self.connection, self.statements = connection, statements

    def fill(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        """Make a table of these rows anew."""
        self.connection.execute(f"create or replace temp table {table} ({columns})")
        if rows:
            self.connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)

    def ask(self, name: str) -> list[Row]:
        """The answer of a statement, as rows by column name."""
        found = self.connection.execute(self.statements[name])
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="module")
def clocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clocks]:
    home = Home(tmp_path_factory.mktemp("clocks"))
    home.warehouse.parent.mkdir(parents=True)
    manifest(home, load_settings())  # the session's parse: else dbt makes one of its own, 8 s of CPU
    with duckdb.connect(str(home.warehouse)) as empty:  # this city works on the days of the nation
        empty.execute("create schema raw")
        empty.execute(
            "create table raw.calendar (date_day date, is_workday boolean, holiday_zh varchar, _version_at timestamp, "
            "_content_hash varchar, _file varchar, _record_no bigint)"
        )
    models = ("stg_reference__calendar", "int_calendar", "int_clock_day")
    _dbt(home, "build", "--select", "ref_calendar", "ref_working_hours", "ref_sla_rule", *models)
    parted = "\n-- next\n".join(ASKED.values())
    _dbt(home, "compile", "--no-introspect", "--inline", parted)
    results = json.loads((home.root / "warehouse" / "dbt" / "run_results.json").read_text(encoding="utf-8"))["results"]
    compiled = [r["compiled_code"] for r in results if r["unique_id"].startswith("sql_operation")]
    assert len(compiled) == 1
    connection = duckdb.connect(str(home.warehouse))
    yield Clocks(connection, dict(zip(ASKED, compiled[0].split("-- next"), strict=True)))
    connection.close()


# --- cases worked out by hand


def _rules() -> dict[tuple[str, str], Row]:
    """The rules by id and variant; where a case names no variant, any row of the id will do: dates choose among them."""
    with (SEEDS / "ref_sla_rule.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {(row["sla_rule_id"], row["variant"]): row for row in rows} | {(row["sla_rule_id"], ""): row for row in rows}


def _cases() -> list[Row]:
    with CASES.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _fill_cases(clocks: Clocks, cases: Sequence[Row]) -> None:
    rules, times = _rules(), clock_columns()
    events, pauses = [], []
    for case in cases:
        rule = rules[(case["rule"].partition("/")[0], case["rule"].partition("/")[2])]
        at = dict.fromkeys(times) | {rule["start_column"]: case["start"], rule["stop_column"]: case["stop"] or None}
        value, _, unit = case["limit"].partition(" ")
        events.append((
            case["case"], case["case"], case["case"], None, "minute", "REPORTED", 1 if case["extended_to"] else 0,
            case["excluded"] or None, case["extended_to"] if case["extended_to"] not in ("", "flag") else None, case["granted"] or None,
            *((None, None, unit) if value == "notice" else (value or None, unit or None, None)),
            *[rule[column] or None for column in COLUMNS], *at.values(),
        ))  # fmt: skip
        for pause in filter(None, case["pauses"].split(";")):
            kind, _, span = pause.partition(" ")
            pauses.append((case["case"], kind, *[end or None for end in span.split("/")]))
    others = sorted({*_event_times(clocks)} - {*times, "deadline_at", "extended_to", "extension_granted_at"})
    clocks.fill(
        "given_event",
        "event_id varchar, root_event_id varchar, feed varchar, not_counted_reason varchar, time_precision varchar, "
        "current_state varchar, extension_n bigint, excluded_days bigint, extended_to timestamp, extension_granted_at timestamp, "
        "limit_value bigint, limit_type varchar, deadline_at timestamp, "
        + ", ".join([*(f"{column} varchar" for column in COLUMNS), *(f"{column} timestamp" for column in times)]), events,
    )  # fmt: skip
    for column in others:
        clocks.connection.execute(f"alter table given_event add column {column} timestamp")
    clocks.fill("given_feed", "feed varchar, as_of timestamp", [(c["case"], c["as_of"] or LATE) for c in cases])
    clocks.fill("given_rule", "feed varchar, sla_rule_id varchar", [(c["case"], c["rule"].partition("/")[0]) for c in cases])
    clocks.fill("given_pause", "event_id varchar, pause_kind varchar, paused_from timestamp, paused_to timestamp", pauses)


def _event_times(clocks: Clocks) -> set[str]:
    """The time columns that the compiled SQL may ask of an event."""
    words = clocks.statements["cases"].replace("\n", " ").split("facts.")
    return {word.split()[0].strip(",)") for word in words[1:] if word.split()[0].strip(",)").endswith(("_at", "_to"))}


def _moment(text: str) -> dt.datetime | None:
    if not text:
        return None
    return dt.datetime.fromisoformat(text if " " in text else f"{text} 23:59:59")


def test_every_case_comes_out_as_it_was_worked_out_by_hand(clocks: Clocks) -> None:
    cases = _cases()
    assert len({case["case"] for case in cases}) == len(cases) >= 200
    _fill_cases(clocks, cases)
    found = {row["event_id"]: row for row in clocks.ask("cases")}
    wrong = []
    for case in cases:
        row = found.get(case["case"], {"outcome": "none", "deadline_at": None})
        told = {"deadline": row["deadline_at"], "outcome": row["outcome"]}
        expected: Row = {"deadline": _moment(case["deadline"]), "outcome": case["outcome"]}
        for name in ("paused", "elapsed"):
            if case[name]:
                told[name], expected[name] = row.get(f"{name}_minutes"), int(case[name])
        if told != expected:
            wrong.append((case["case"], case["why"], {k: (told[k], expected[k]) for k in told if told[k] != expected[k]}))
    assert wrong == []


def test_the_cases_cover_every_rule_that_runs() -> None:
    with (SEEDS / "ref_sla_rule.csv").open(encoding="utf-8", newline="") as stream:
        running = {row["sla_rule_id"] for row in csv.DictReader(stream) if row["is_run"] == "true"}
    assert {case["rule"].partition("/")[0] for case in _cases()} == running


# --- what holds for any case

MOMENTS = st.datetimes(dt.datetime(2008, 1, 1), dt.datetime(2026, 6, 30)).map(lambda at: at.replace(microsecond=0))
LIMITS = {"C": 90, "M": 12, "W": 60, "H": 200 * 3600, "WH": 80 * 3600}
HYPOTHESIS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CLOCK = (
    "event_id varchar, sla_rule_id varchar, start_at timestamp, stop_at timestamp, as_of timestamp, basis varchar, "
    "limit_n bigint, shift_to_workday boolean, sent_deadline_at timestamp, pause_kinds varchar, excluded_days bigint, "
    "extension_kind varchar, extension_n bigint, is_extended boolean, extended_to timestamp, extension_granted_at timestamp, "
    "is_judged boolean"
)


@st.composite
def _clock(draw: st.DrawFn) -> Row:
    basis = draw(st.sampled_from(sorted(LIMITS)))
    return {
        "basis": basis, "start": draw(MOMENTS), "limit": draw(st.integers(1, LIMITS[basis])), "shift": draw(st.booleans()),
        "later": draw(st.integers(0, 30 * 86_400)), "more": draw(st.integers(0, LIMITS[basis])),
        "lasting": draw(st.integers(0, 90 * 86_400)),
        "pauses": draw(st.lists(st.tuples(st.integers(-86_400, 60 * 86_400), st.integers(0, 20 * 86_400)), max_size=4)),
    }  # fmt: skip


def _judged(clocks: Clocks, rows: Sequence[tuple[str, dt.datetime, dt.datetime | None, str, int, bool]],
            pauses: Sequence[tuple[Any, ...]] = ()) -> dict[str, Row]:  # fmt: skip
    clocks.fill("given_clock", CLOCK, [
        (key, "R", start, stop, LATE, basis, limit, shift, None, "suspension", None, "none", None, False, None, None, True)
        for key, start, stop, basis, limit, shift in rows
    ])  # fmt: skip
    clocks.fill("given_pause", "event_id varchar, pause_kind varchar, paused_from timestamp, paused_to timestamp", pauses)
    return {row["event_id"]: row for row in clocks.ask("clocks")}


@HYPOTHESIS
@given(drawn=st.lists(_clock(), min_size=1, max_size=30))
def test_a_later_start_or_a_longer_limit_is_never_due_earlier(clocks: Clocks, drawn: list[Row]) -> None:
    rows = []
    for n, clock in enumerate(drawn):
        basis, start, limit, shift = clock["basis"], clock["start"], clock["limit"], clock["shift"]
        later = start + dt.timedelta(seconds=clock["later"])
        rows += [(f"{n}", start, None, basis, limit, shift), (f"{n}later", later, None, basis, limit, shift)]
        rows += [(f"{n}longer", start, None, basis, limit + clock["more"], shift)]
    found = {key: row["deadline_at"] for key, row in _judged(clocks, rows).items()}
    for n, clock in enumerate(drawn):
        assert clock["start"] <= found[f"{n}"] <= found[f"{n}later"], clock
        assert found[f"{n}"] <= found[f"{n}longer"], clock


@HYPOTHESIS
@given(drawn=st.lists(_clock(), min_size=1, max_size=30))
def test_running_and_paused_time_are_the_whole_and_never_negative(clocks: Clocks, drawn: list[Row]) -> None:
    rows, pauses = [], []
    for n, clock in enumerate(drawn):
        stop = clock["start"] + dt.timedelta(seconds=clock["lasting"])
        for key in (f"{n}", f"{n}paused"):
            rows.append((key, clock["start"], stop, clock["basis"], clock["limit"], clock["shift"]))
        for begins, lasts in clock["pauses"]:
            since = clock["start"] + dt.timedelta(seconds=begins)
            pauses.append((f"{n}paused", "suspension", since, since + dt.timedelta(seconds=lasts)))
    found = _judged(clocks, rows, pauses)
    for n, clock in enumerate(drawn):
        whole, paused = found[f"{n}"], found[f"{n}paused"]
        assert whole["paused_minutes"] == 0, clock
        assert paused["elapsed_minutes"] >= 0, clock
        assert paused["paused_minutes"] >= 0, clock
        assert paused["elapsed_minutes"] + paused["paused_minutes"] == whole["elapsed_minutes"], clock
        assert paused["deadline_at"] >= whole["deadline_at"], clock


def _walked(start: dt.datetime, end: dt.datetime) -> int:
    """Working seconds, day by day: another way to the same number."""
    total, day = 0, start.date()
    while day <= end.date():
        if chinese_calendar.is_workday(day):
            for opens, shuts in ((dt.time(8, 30), dt.time(12)), (dt.time(14), dt.time(17, 30))):
                since, until = max(start, dt.datetime.combine(day, opens)), min(end, dt.datetime.combine(day, shuts))
                total += max(0, int((until - since).total_seconds()))
        day += dt.timedelta(days=1)
    return total


@HYPOTHESIS
@given(drawn=st.lists(st.tuples(MOMENTS, st.integers(0, 20 * 86_400), st.integers(0, 20 * 86_400)), min_size=1, max_size=20))
def test_working_time_adds_up_and_is_what_a_walk_through_the_days_gives(
    clocks: Clocks, drawn: list[tuple[dt.datetime, int, int]]
) -> None:
    moments = []
    for first, second, third in drawn:
        moments += [first, first + dt.timedelta(seconds=second), first + dt.timedelta(seconds=second + third)]
    clocks.fill("moments", "n integer, moment timestamp", list(enumerate(moments)))
    found = [row["position"] for row in clocks.ask("positions")]
    for n in range(0, len(moments), 3):
        a, b, c = moments[n : n + 3]
        at_a, at_b, at_c = found[n : n + 3]
        assert at_b - at_a == _walked(a, b), (a, b)
        assert at_c - at_a == _walked(a, b) + _walked(b, c), (a, b, c)


@HYPOTHESIS
@given(drawn=st.lists(st.tuples(MOMENTS, st.integers(1, 60 * 3600)), min_size=1, max_size=30))
def test_a_working_time_deadline_is_the_first_moment_at_which_the_limit_is_used_up(
    clocks: Clocks, drawn: list[tuple[dt.datetime, int]]
) -> None:
    found = _judged(clocks, [(f"{n}", start, None, "WH", limit, False) for n, (start, limit) in enumerate(drawn)])
    for n, (start, limit) in enumerate(drawn):
        due = found[f"{n}"]["deadline_at"]
        assert _walked(start, due) == limit, (start, limit)
        assert _walked(start, due - dt.timedelta(seconds=1)) == limit - 1, (start, limit)


def test_a_case_file_is_read_as_written() -> None:
    """A case that expects something else than what it says would prove nothing: kinds and outcomes are spelled right."""
    outcomes = {"met", "late", "open_in_time", "open_overdue", "void", "none"}
    assert {case["outcome"] for case in _cases()} == outcomes
    assert Path(CASES).read_text(encoding="utf-8").isascii()
