"""Trace and diff: names and periods, quantiles, and every kind of reason for a change, planted one at a time."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import duckdb
import pytest

from pipelines.core.errors import UsageError
from pipelines.core.register import parse_entry
from pipelines.core.warehouse import PublishedBuild, scratch
from pipelines.trace import FigureName, asked_name, difference, trace
from pipelines.tracing.naming import parse_name, window_of
from pipelines.tracing.quantile import Minutes

AS_OF, EARLIEST = dt.date(2026, 6, 25), dt.date(2020, 1, 1)


window = partial(window_of, as_of=AS_OF, earliest=EARLIEST)


@pytest.mark.parametrize(
    ("text", "kind", "first", "last"),
    [
        ("2026", "year", "2026-01-01", "2026-12-31"),
        ("2026-Q1", "quarter", "2026-01-01", "2026-03-31"),
        ("2024-02", "month", "2024-02-01", "2024-02-29"),
        ("2026-W01", "week", "2025-12-29", "2026-01-04"),
        ("ytd-2026-05-31", "year_to_date", "2026-01-01", "2026-05-31"),
        ("mtd", "month_to_date", "2026-06-01", "2026-06-25"),
        ("qtd-2026-05-31", "quarter_to_date", "2026-04-01", "2026-05-31"),
        ("festival-2026-01-27..2026-03-09", "spring_festival", "2026-01-27", "2026-03-09"),
        ("28d", "rolling_28d", "2026-05-29", "2026-06-25"),
        ("cumulative", "cumulative", "2020-01-01", "2026-06-25"),
    ],
)
def test_a_period_is_read(text: str, kind: str, first: str, last: str) -> None:
    found = window(text)
    assert (found.kind, str(found.first), str(found.last)) == (kind, first, last)
    assert window(str(found)) == found, "what is printed names the same days for ever"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026Q2", "2026-Q2"),
        ("2026-6", "2026-06"),
        ("2026-Q5", "2026-Q2"),
        ("YTDD", "ytd"),
        ("2026-02-30", "2026-06-25"),
        ("soon", "write it like"),
    ],
)
def test_a_period_that_is_none_is_refused_with_the_nearest(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        window(text)
    assert told in caught.value.remedy


def test_a_name_survives_being_printed() -> None:
    for text in ("M16/990101/2026-06/as_was@20260625_ab", "V01~channel=12345/990101/ytd-2026-06-25/as_was"):
        assert str(parse_name(text)) == text


def test_a_name_and_its_options_are_not_both_given() -> None:
    with pytest.raises(UsageError, match="--area"):
        asked_name("M16/990101/2026-06", cut=None, area="990102", period=None, basis=None)
    with pytest.raises(UsageError, match="--period"):
        asked_name("M16", cut=None, area="990102", period=None, basis=None)
    with pytest.raises(UsageError, match="slice"):
        asked_name("M16", cut="category", area="990102", period="2026", basis=None)


def test_quantiles_of_a_changing_collection_are_those_of_the_database() -> None:
    rng, minutes = random.Random(3), Minutes()
    held: list[int] = []
    with scratch() as connection:
        for _ in range(60):
            out = held.pop(rng.randrange(len(held))) if held and rng.random() < 0.4 else None
            held.append(rng.randrange(5000))
            minutes.exchange([(out, held[-1])])
            quantile = rng.choice([0.5, 0.9, 0.25])
            said = connection.execute(f"select quantile_cont(m, {quantile}) / 1440.0 from unnest(?) as t (m)", [held]).fetchall()[
                0
            ][0]
            assert minutes.quantile(quantile, 1440) == pytest.approx(said, abs=1e-9)
    assert Minutes().quantile(0.5, 1440) is None


# ---- Two planted builds -------------------------------------------------------------------------------------------

ENTRY: dict[str, Any] = {
    "id": "M16", "name_zh": "按期结案率", "name_en": "On-time closing rate", "family": "ratio", "subject": "matter",
    "cohort": "by_deadline", "time": "deadline_at", "numerator": "closed_at <= deadline_at", "direction": "higher",
    "kinds": ["urban_case"], "slices": ["all", "category"], "scale": 100,
}  # fmt: skip
ENTRIES: dict[str, dict[str, Any]] = {
    "M16": ENTRY,
    "M01": {**ENTRY, "id": "M01", "cohort": "by_report", "time": "reported_at", "numerator": "true", "population": "usual",
            "slices": ["all"], "subject": "person"},
    "M48": {**ENTRY, "id": "M48", "family": "median", "cohort": "by_close", "time": "closed_at", "start": "reported_at",
            "numerator": "true", "slices": ["all"]},
}  # fmt: skip
CASE: dict[str, Any] = {
    "event_id": "", "event_kind": "urban_case", "feed": "urban_case", "source_case_no": "", "root_event_id": "",
    "is_counted": True, "not_counted_reason": None, "category_code": "3101", "category_domain": "C31", "lead_dept_id": "D1",
    "intake_channel": "public", "grid_code": "3701", "grid_version_id": "3701@2020-01-01", "current_state": "REPORTED",
    "reported_at": dt.datetime(2026, 6, 1), "closed_at": None, "deadline_at": dt.datetime(2026, 6, 10),
    "time_precision": "minute", "return_n": 0, "source_file": "f1", "source_record_no": 1,
}  # fmt: skip
TYPES = {"is_counted": "boolean", "reported_at": "timestamp", "closed_at": "timestamp", "deadline_at": "timestamp",
         "return_n": "bigint", "source_record_no": "bigint"}  # fmt: skip
GRIDS = [("37", None, 0, None), ("3701", "37", 1, "3701"), ("3702", "37", 1, "3702")]


class Build:
    """The published tables of one build, as rows."""

    def __init__(self, as_of: dt.datetime, **cases: dict[str, Any]) -> None:
        self.as_of, self.fingerprint, self.begins = as_of, "a", dt.date(2025, 5, 5)
        self.cases = {
            key: {**CASE, "event_id": key, "source_case_no": key, "root_event_id": key, **case} for key, case in cases.items()
        }
        self.files, self.month = {"f1": "loaded", "f2": "loaded"}, ("2026-06-01", "2026-06-30")
        self.grids, self.residents, self.entries = list(GRIDS), 1000, dict(ENTRIES)
        self.figures: dict[str, tuple[int | None, int | None, float | None]] = {}

    def case(self, key: str, **changes: Any) -> None:
        """A further version of a case, in the second file."""
        self.cases[key] = {**self.cases[key], "source_file": "f2", **changes}

    def plant(self, connection: duckdb.DuckDBPyConnection, schema: str) -> None:
        run = connection.execute
        run(f"create schema {schema}")
        run(f"create table {schema}.build_info as select 'b_{schema}' as build_id, ?::timestamp as as_of, date '2020-01-01' as earliest, "
            "'37' as root_code, ? as fingerprint", [self.as_of, self.fingerprint])  # fmt: skip
        run(f"create table {schema}.ref_metric (metric_id text, name_zh text, name_en text, definition text, variant_of text)")
        for entry in self.entries.values():
            definition = json.dumps(asdict(parse_entry(entry, "planted.yml")))
            told = [entry["id"], entry["name_zh"], entry["name_en"], definition]
            run(f"insert into {schema}.ref_metric values (?, ?, ?, ?, null)", told)
        columns = ", ".join(f"{name} {TYPES.get(name, 'varchar')}" for name in CASE)
        run(f"create table {schema}.fct_event ({columns})")
        for case in self.cases.values():
            run(f"insert into {schema}.fct_event values ({', '.join('?' * len(CASE))})", [case[name] for name in CASE])
        run(f"create table {schema}.fct_event_version as select event_id, source_file from {schema}.fct_event")
        run(f"create table {schema}.dim_feed as select 'urban_case' as feed, ?::timestamp as as_of", [self.as_of])
        run(f"create table {schema}.fct_feed_outcome (feed varchar, sha256 varchar, file_name varchar, status varchar)")
        for sha256, status in self.files.items():
            run(f"insert into {schema}.fct_feed_outcome values ('urban_case', ?, ?, ?)", [sha256, f"{sha256}.csv", status])
        run(f"create table {schema}.dim_grid (grid_code varchar, parent_code varchar, grid_level integer, name_zh varchar, name_en varchar, "
            "valid_from date, valid_to date, path_0 varchar, path_1 varchar, path_2 varchar, path_3 varchar, path_4 varchar, "
            "path_5 varchar, is_current boolean)")  # fmt: skip
        for code, parent, level, path in self.grids:
            run(f"insert into {schema}.dim_grid values (?, ?, ?, ?, ?, '2020-01-01', '9999-12-31', '37', ?, null, null, null, null, true)",
                [code, parent, level, f"区{code}", f"Area {code}", path])  # fmt: skip
        run(f"create table {schema}.fct_population as select unnest(['37', '3701']) as grid_code, 2026 as year, 'usual' as pop_kind, "
            "?::bigint as value, 'given' as method, 'as_was' as basis", [self.residents])  # fmt: skip
        run(f"create table {schema}.ref_age_band (age_band varchar, days_from integer, days_to integer)")
        run(f"create table {schema}.ref_threshold as select 'small_cell_max' as threshold_id, 4.0 as value")
        run(f"create table {schema}.fct_metric_value (metric_id varchar, slice_kind varchar, slice_code varchar, grid_code varchar, "
            "period_kind varchar, period_start date, period_end date, basis varchar, num bigint, den bigint, stat_value double, "
            "is_suppressed boolean, reason varchar)")  # fmt: skip
        for key, (num, den, value) in self.figures.items():
            metric, cut, area, hidden = [*key.split("|"), ""][:4]
            run(f"insert into {schema}.fct_metric_value values (?, ?, ?, ?, 'month', ?, ?, 'as_was', ?, ?, ?, ?, "
                "null)", [metric, "category" if cut else "all", cut or "all", area, *self.month, num, den, value, bool(hidden)])  # fmt: skip
        run(f"create table {schema}.fct_metric_begin as select 'M16' as metric_id, ?::date as first_day", [self.begins])
        run(f"create view {schema}.v_metric_display as select *, 'x' as value_text, null::double as ci_low, null::double as ci_high "
            f"from {schema}.fct_metric_value")  # fmt: skip


@pytest.fixture
def pair() -> Iterator[Any]:
    """A maker of readers of two planted builds."""
    with scratch() as connection:

        def make(before: Build, after: Build) -> PublishedBuild:
            before.plant(connection, "before")
            after.plant(connection, "marts")
            return PublishedBuild("b_marts", str(after.as_of), connection)

        yield make


OLD, NEW = dt.datetime(2026, 6, 20, 23, 59, 59), dt.datetime(2026, 6, 21, 23, 59, 59)
CLOSED = {"closed_at": dt.datetime(2026, 6, 9), "current_state": "CLOSED"}
ASKED = FigureName("M16", "37", "2026-06")


def builds(figures_before: dict[str, Any], figures_after: dict[str, Any]) -> tuple[Build, Build]:
    """Two builds a day apart with the same two cases, one closed in time, one open."""
    before, after = Build(OLD, one=CLOSED, two={}), Build(NEW, one=CLOSED, two={})
    before.figures, after.figures = figures_before, figures_after
    return before, after


def told(pair: Any, before: Build, after: Build, asked: FigureName = ASKED) -> dict[str, tuple[int, int]]:
    found = difference(pair(before, after), asked)
    for part in ("num", "den"):
        old, new = getattr(found.before, part) or 0, getattr(found.after, part) or 0
        assert new - old == sum(getattr(step, part) for step in found.steps)
    return {step.id: (step.num, step.den) for step in found.steps}


M16, M16_OF = "M16||37", "M16||3701"


def test_nothing_changed_is_no_step(pair: Any) -> None:
    assert told(pair, *builds({M16: (1, 2, None)}, {M16: (1, 2, None)})) == {}


def test_new_and_late_rows(pair: Any) -> None:
    before, after = builds({M16: (1, 2, None)}, {M16: (2, 4, None)})
    fresh = {"source_file": "f3", "deadline_at": dt.datetime(2026, 6, 21, 12)}
    after.cases |= Build(NEW, new={**fresh, "reported_at": dt.datetime(2026, 6, 21, 9)},
                         late={**fresh, "reported_at": dt.datetime(2026, 6, 19), "closed_at": dt.datetime(2026, 6, 20)}).cases  # fmt: skip
    after.files["f3"] = "loaded"
    assert told(pair, before, after) == {"late": (1, 1), "new": (0, 1)}


def test_a_case_of_a_file_that_was_read_before_is_read_by_other_rules(pair: Any) -> None:
    before, after = builds({M16: (1, 2, None)}, {M16: (1, 3, None)})
    after.cases |= Build(NEW, three={}).cases
    after.fingerprint = "b"
    assert told(pair, before, after) == {"rules": (0, 1)}


def test_progress_and_correction(pair: Any) -> None:
    before, after = builds({M16: (1, 2, None)}, {M16: (1, 2, None)})
    after.case("one", closed_at=dt.datetime(2026, 6, 12))
    after.case("two", **CLOSED)
    assert told(pair, before, after) == {"progress": (1, 0), "corrected": (-1, 0)}


def test_a_time_moved_out_of_the_period_is_a_correction(pair: Any) -> None:
    before, after = builds({M16: (1, 2, None)}, {M16: (0, 1, None)})
    after.case("one", deadline_at=dt.datetime(2026, 7, 10))
    assert told(pair, before, after) == {"corrected": (-1, -1)}


def test_a_deadline_that_passed_and_a_closing_are_two_steps_of_one_case(pair: Any) -> None:
    before, after = builds({M16: (1, 1, None)}, {M16: (2, 2, None)})
    for build in (before, after):
        build.cases["two"]["deadline_at"] = dt.datetime(2026, 6, 21, 12)
    after.case("two", closed_at=dt.datetime(2026, 6, 21, 10), current_state="CLOSED")
    assert told(pair, before, after) == {"time": (0, 1), "progress": (1, 0)}


def test_a_merged_case_counts_no_more(pair: Any) -> None:
    before, after = builds({M16: (1, 2, None)}, {M16: (1, 1, None)})
    after.case("two", is_counted=False, not_counted_reason="merged", root_event_id="one", current_state="MERGED")
    assert told(pair, before, after) == {"withdrawn": (0, -1)}


def test_the_same_record_under_another_code_was_reclassified(pair: Any) -> None:
    asked = replace(ASKED, slice_kind="category", slice_code="3101")
    before, after = builds({"M16|3101|37": (1, 2, None)}, {"M16|3101|37": (0, 1, None)})
    after.cases["one"] |= {"category_code": "3999", "category_domain": "C39"}
    assert told(pair, before, after, asked) == {"reclassified": (-1, -1)}


def test_what_other_records_say_of_the_same_record_is_progress_or_a_link(pair: Any) -> None:
    asked = replace(ASKED, metric_id="M17")
    entry = {**ENTRY, "id": "M17", "numerator": "return_n > 0 or intake_channel = 'called'"}
    before, after = builds({"M17||37": (1, 3, None)}, {"M17||37": (2, 3, None)})
    for build in (before, after):
        build.entries["M17"] = entry
        build.cases |= Build(OLD, three={"intake_channel": "called"}).cases
    after.cases["one"]["return_n"], after.cases["two"]["intake_channel"] = 1, None
    after.cases["three"]["intake_channel"] = "other"
    before.cases["two"]["intake_channel"] = None
    after.cases["two"]["intake_channel"] = "called"
    assert told(pair, before, after, asked) == {"progress": (2, 0), "withdrawn": (-1, 0)}


def test_the_same_record_in_another_area_was_regridded(pair: Any) -> None:
    before, after = builds({M16_OF: (1, 2, None)}, {M16_OF: (1, 1, None)})
    after.cases["two"]["grid_code"] = "3702"
    assert told(pair, before, after, replace(ASKED, area="3701")) == {"regridded": (0, -1)}


def test_an_area_that_went_to_another_was_regridded(pair: Any) -> None:
    before, after = builds({M16_OF: (1, 2, None)}, {M16_OF: (0, 0, None)})
    after.grids[1] = ("3701", "37", 1, None)
    assert told(pair, before, after, replace(ASKED, area="3701")) == {"regridded": (-1, -2)}


def test_another_place_in_a_new_record_is_a_correction(pair: Any) -> None:
    before, after = builds({M16_OF: (1, 2, None)}, {M16_OF: (1, 1, None)})
    after.case("two", grid_code="3702")
    assert told(pair, before, after, replace(ASKED, area="3701")) == {"corrected": (0, -1)}


def test_a_retracted_file_takes_its_cases_and_its_versions_away(pair: Any) -> None:
    before, after = builds({M16: (2, 3, None)}, {M16: (1, 2, None)})
    before.case("two", **CLOSED)
    before.cases |= Build(OLD, three={"source_file": "f2"}).cases
    after.files["f2"] = "retracted"
    assert told(pair, before, after) == {"retracted": (-1, -1)}


def test_a_case_gone_from_a_file_that_stands_was_withdrawn(pair: Any) -> None:
    before, after = builds({M16: (1, 2, None)}, {M16: (0, 1, None)})
    del after.cases["one"]
    assert told(pair, before, after) == {"withdrawn": (-1, -1)}


def test_a_changed_definition_is_a_step_of_its_own(pair: Any) -> None:
    before, after = builds({M16: (1, 2, None)}, {M16: (2, 2, None)})
    after.entries["M16"] = {**ENTRY, "numerator": "closed_at <= deadline_at or lead_dept_id = 'D2'"}
    before.cases["two"]["lead_dept_id"] = after.cases["two"]["lead_dept_id"] = "D2"
    after.case("one", closed_at=dt.datetime(2026, 6, 9, 1))
    assert told(pair, before, after) == {"definition": (1, 0)}


def test_a_definition_that_reads_a_column_the_old_build_lacks(pair: Any) -> None:
    before, after = builds({M16: (1, 2, None)}, {M16: (1, 2, None)})
    after.entries["M16"] = {**ENTRY, "numerator": "is_new_column"}
    made = pair(before, after)
    made.connection.execute("alter table marts.fct_event add column is_new_column boolean default false")
    made.connection.execute("update marts.fct_event set is_new_column = true where event_id = 'two'")
    found = difference(made, ASKED)
    assert {step.id: (step.num, step.den) for step in found.steps} == {"definition": (-1, 0), "rules": (1, 0)}


def test_what_a_period_takes_over_is_there_when_it_begins(pair: Any) -> None:
    backlog = {**ENTRY, "id": "M16b", "variant_of": "M16", "include_backlog": True, "slices": ["all"], "periods": ["month"]}
    before, after = Build(OLD, one=CLOSED, two={}), Build(dt.datetime(2026, 7, 1, 23, 59, 59), one=CLOSED, two={})
    for build in (before, after):
        build.entries["M16b"] = backlog
    after.month, after.figures = ("2026-07-01", "2026-07-31"), {"M16b||37": (0, 1, None)}
    assert told(pair, before, after, FigureName("M16b", "37", "2026-07")) == {"time": (0, 1)}


def test_residents_below_the_line(pair: Any) -> None:
    before, after = builds({"M01||37": (2, 1000, None)}, {"M01||37": (2, 1100, None)})
    after.residents = 1100
    assert told(pair, before, after, replace(ASKED, metric_id="M01")) == {"population": (0, 100)}


def test_a_median_moves_with_its_cases(pair: Any) -> None:
    before, after = builds({"M48||37": (None, 1, 8.0)}, {"M48||37": (None, 2, 9.0)})
    after.case("two", closed_at=dt.datetime(2026, 6, 11), current_state="CLOSED")
    found = difference(pair(before, after), replace(ASKED, metric_id="M48"))
    assert [(step.id, step.den, step.value) for step in found.steps] == [("progress", 1, 9.0)]
    assert found.adds_up


def test_what_the_cases_do_not_explain_is_said(pair: Any) -> None:
    before, after = builds({M16: (1, 2, None)}, {M16: (1, 3, None)})
    found = difference(pair(before, after), ASKED)
    assert [(step.id, step.den) for step in found.steps] == [("unexplained", 1)]
    assert not found.adds_up


def test_a_median_that_its_cases_do_not_give_is_said(pair: Any) -> None:
    before, after = builds({"M48||37": (None, 1, 8.0)}, {"M48||37": (None, 1, 9.5)})
    assert not difference(pair(before, after), replace(ASKED, metric_id="M48")).adds_up


def test_nothing_is_told_of_what_is_hidden(pair: Any) -> None:
    before, after = builds({M16: (1, 2, None)}, {"M16||37|hidden": (1, 2, None)})
    after.case("two", **CLOSED)
    made = pair(before, after)
    found = difference(made, ASKED)
    assert (found.is_hidden, found.steps, found.moves.height, found.after.num) == (True, (), 0, None)
    hidden = trace(made, ASKED)
    assert (hidden.cases_n, hidden.figure.num, hidden.figure.den) == (0, None, None)


def test_an_area_that_only_one_build_knows_counts_nothing_in_the_other(pair: Any) -> None:
    before, after = builds({M16: (1, 2, None)}, {M16: (1, 2, None), "M16||3703": (0, 1, None)})
    after.grids.append(("3703", "37", 1, "3703"))
    after.cases["two"]["grid_code"] = "3703"
    assert told(pair, before, after, replace(ASKED, area="3703")) == {"regridded": (0, 1)}


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"metric_id": "M17"}, "M16"), ({"area": "Area 3700"}, "Area 37"), ({"slice_kind": "categry"}, "category"),
     ({"slice_kind": "category", "slice_code": "310"}, "3101"), ({"basis": "as_wass"}, "as_was"), ({"period": "2026-W20"}, "")],
)  # fmt: skip
def test_a_name_that_leads_nowhere_is_refused_with_the_nearest(pair: Any, changes: dict[str, str], told: str) -> None:
    before, after = builds({}, {M16: (1, 2, None), "M16|3101|37": (1, 2, None)})
    made = pair(before, after)
    if not told:
        assert trace(made, replace(ASKED, **changes)).cases_n == 0, "a week that has begun and has no case"
        return
    with pytest.raises(UsageError) as caught:
        trace(made, replace(ASKED, **changes))
    assert told in caught.value.remedy
