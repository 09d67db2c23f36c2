"""Open data: nothing about persons, nothing finer than is said, and every number as the mart has it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dashboards.kit.access import query_text
from pipelines.core.warehouse import PublishedBuild, open_published
from pipelines.reports.open_data import _numbers, open_domains, open_kinds, open_metrics, write_open_data
from pipelines.trace import IS_OPEN, feed_states

KEY = ["metric_id", "slice_kind", "slice_code", "grid_code", "period_kind", "period_start", "period_end", "basis"]
TOLD = ["num", "den", "value", "is_suppressed", "reason", "ci_low", "ci_high"]
#: Kinds of case and domains that have persons in them; written out here, not asked of the code under test.
PERSONS = {"police_incident", "petition", "hotline_order", "court_case", "mediation", "labour_arbitration", "callback"}
HOME_KEY = b"a key of one home, 32 bytes long"
GEOREPORT = {
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
    "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode", "lat",
    "long", "media_url",
}  # fmt: skip


@pytest.fixture(scope="module")
def build(tiny_home: Path) -> Iterator[PublishedBuild]:
    found = open_published(tiny_home)
    yield found
    found.close()


@pytest.fixture(scope="module")
def folder(build: PublishedBuild, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("open")
    written = write_open_data(build, found, zone="Asia/Shanghai", key=HOME_KEY)
    assert {path.relative_to(found) for path in written} == {
        path.relative_to(found) for path in found.rglob("*") if path.is_file()
    }
    return found


def root_of(build: PublishedBuild) -> str:
    return str(build.rows("select root_code from marts.build_info")[0][0])


def loaded(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_figures_are_the_marts_and_of_matters_alone(build: PublishedBuild, folder: Path) -> None:
    figures = pl.read_parquet(folder / "figures.parquet")
    assert figures.height > 1_000
    metrics = set(figures["metric_id"])
    rows = build.rows("select metric_id, subject, definition from marts.ref_metric")
    assert metrics == set(open_metrics(build))
    assert all(subject == "matter" for metric, subject, _ in rows if metric in metrics)
    assert not {metric for metric, _, told in rows if metric in metrics and set(json.loads(told)["kinds"]) & PERSONS}
    listed = ", ".join(f"'{metric}'" for metric in sorted(metrics))
    mart = build.frame(f"select {', '.join(KEY + TOLD)} from marts.v_metric_display where metric_id in ({listed})")
    joined = figures.select(KEY + TOLD).join(mart, on=KEY, how="inner", suffix="_mart")
    assert joined.height == figures.height
    for column in TOLD:
        assert joined.filter(pl.col(column).ne_missing(pl.col(f"{column}_mart"))).is_empty(), column
    assert figures.filter(pl.col("is_suppressed") & pl.col("value").is_not_null()).is_empty()
    assert not set(figures.filter(pl.col("slice_kind") == "event_kind")["slice_code"]) & PERSONS
    whole = mart.filter(pl.col("slice_kind") == "all").height
    assert figures.filter(pl.col("slice_kind") == "all").height == whole


def test_the_csv_has_the_same_rows_and_hides_the_same(folder: Path) -> None:
    with io.StringIO((folder / "figures.csv").read_text(encoding="utf-8")) as stream:
        rows = list(csv.DictReader(stream))
    figures = pl.read_parquet(folder / "figures.parquet")
    assert [row["metric_id"] for row in rows] == figures["metric_id"].to_list()
    assert [float(row["value"]) if row["value"] else None for row in rows] == figures["value"].cast(pl.Float64).to_list()
    assert figures["value"].null_count() > 0


def test_single_matters_are_public_coarse_and_all_there(build: PublishedBuild, folder: Path) -> None:
    requests = pl.read_parquet(folder / "requests.parquet")
    assert set(requests["domain_code"]) <= {"C30", "C31", "C40"}
    assert not set(requests["event_kind"]) & PERSONS
    assert requests["request_id"].is_unique().all()
    levels = dict(build.rows("select distinct grid_code, grid_level from marts.dim_grid"))
    assert all(levels[code] <= 2 for code in requests["area_code"].unique() if code != "UNASSIGNED")
    assert requests.schema["requested_on"] == pl.Date
    months = requests.filter(pl.col("event_kind") == "urban_case").group_by(pl.col("requested_on").dt.month_start()).len()
    root = build.rows("select root_code from marts.build_info")[0][0]
    mart = dict(build.rows(
        "select period_start, cast(value as bigint) from marts.v_metric_display where metric_id = 'V01' and "
        "slice_kind = 'event_kind' and slice_code = 'urban_case' and grid_code = ? and basis = 'as_was' and period_kind = 'month'",
        [root],
    ))  # fmt: skip
    assert len(mart) > 6
    assert dict(months.iter_rows()) == mart


def test_no_number_or_place_of_a_department_leaves(build: PublishedBuild, folder: Path) -> None:
    text = (folder / "requests.csv").read_text(encoding="utf-8") + (folder / "requests.json").read_text(encoding="utf-8")
    told = set(text.replace('"', ",").replace("\n", ",").split(","))
    kinds = ", ".join(f"'{kind}'" for kind in open_kinds(build))
    numbers = {row[0] for row in build.rows(f"select source_case_no from marts.fct_event where event_kind in ({kinds})")}
    fine = {row[0] for row in build.rows("select grid_code from marts.dim_grid where grid_level > 2")}
    assert len(numbers) > 1_000
    assert not told & numbers
    assert not told & fine


def test_no_hash_of_a_known_number_leaves(build: PublishedBuild, folder: Path) -> None:
    """`event_id` is a hash of system and number without a key: who counts numbers up has it."""
    known = {row[0] for row in build.rows("select event_id from marts.fct_event")}
    assert len(known) > 1_000
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            table = pl.read_parquet(path)
            texts = [column for column, kind in table.schema.items() if kind == pl.String]
            assert not known & {text for column in texts for text in table[column]}, path.name
        elif path.is_file():
            assert not known & set(re.findall(r"\w+", path.read_text(encoding="utf-8"))), path.name


def test_numbers_are_the_same_in_every_export_of_a_home_and_of_no_other(build: PublishedBuild, folder: Path) -> None:
    told = pl.read_parquet(folder / "requests.parquet")["request_id"]
    kinds = open_kinds(build)
    again = _numbers(build, kinds, HOME_KEY)
    assert again["request_id"].is_unique().all()
    assert set(told) <= set(again["request_id"])
    assert not set(told) & set(_numbers(build, kinds, b"a key of some other home, as long")["request_id"])


def test_open_is_what_fct_open_case_calls_open(build: PublishedBuild, folder: Path) -> None:
    """Three readers of single cases, one rule: open data, the departments' cases, who leads most overdue ones."""
    root = root_of(build)
    mart = {kind: (open_n, late_n) for kind, open_n, late_n in build.rows(
        "select event_kind, sum(cases_n), coalesce(sum(cases_n) filter (where is_overdue), 0) from marts.fct_open_case "
        "where grid_code = ? group by 1", [root])}  # fmt: skip
    told = Counter(pl.read_parquet(folder / "requests.parquet").filter(pl.col("status") == "open")["event_kind"])
    assert told["hazard"] == mart["hazard"][0] > 0
    assert told["urban_case"] == mart["urban_case"][0]
    shut = "select count(*) from marts.fct_event where event_kind = 'hazard' and is_counted and current_state = 'TRANSFERRED'"
    assert build.rows(shut)[0][0] > 0, "the state that drifted is there"

    nobody = dict(build.rows(
        "select events.event_kind, count(*) from marts.fct_event as events "
        f"inner join {feed_states('marts')} as feeds on events.feed = feeds.feed "
        f"where is_counted and lead_dept_id is null and {IS_OPEN} group by 1"))  # fmt: skip
    day = dt.datetime.fromisoformat(build.as_of).date()
    days = dict.fromkeys(("first_day", "last_day", "earlier_first", "earlier_last"), day)
    cases = build.frame(query_text("departments__cases"), {"area": root, "root": root, **days})
    kinds = {row[0] for row in build.rows("select event_kind from marts.ref_event_kind where is_case")}
    assert cases["open_n"].sum() == sum(mart[kind][0] - nobody.get(kind, 0) for kind in kinds & set(mart))

    late = query_text("front__overdue").partition("leaders as (")[0].rstrip().removesuffix(",").partition("late as (")[2]
    areas = "with areas as (select grid_code from marts.dim_grid where grid_code = $area and is_current), late as ("
    asked = f"{areas}{late} select event_kind, sum(cases_n) from late group by 1"
    led = {kind: n for kind, n in build.rows(asked, {"area": root}) if kind not in nobody}
    assert led == {kind: n for kind, (_, n) in mart.items() if n and kind not in nobody}
    assert len(led) > 1


def test_open311_is_complete_and_in_the_standards_words(build: PublishedBuild, folder: Path) -> None:
    services = {service["service_code"]: service for service in loaded(folder / "services.json")}
    by_month = [one for path in sorted((folder / "requests").glob("*.json")) for one in loaded(path)]
    table = pl.read_parquet(folder / "requests.parquet")
    assert [one["service_request_id"] for one in by_month] == table["request_id"].to_list()
    assert {one["service_code"] for one in by_month} <= set(services)
    assert all(set(one) == GEOREPORT for one in by_month)
    assert not [one for one in by_month if one["lat"] or one["long"] or one["description"] or one["status_notes"]]
    assert Counter(one["status"] for one in by_month) == Counter(table["status"].to_list())
    assert all(one["requested_datetime"].endswith("T00:00:00+08:00") for one in by_month)
    as_of = dt.datetime.fromisoformat(build.as_of).date()
    recent = [one for one in by_month if dt.date.fromisoformat(one["requested_datetime"][:10]) > as_of - dt.timedelta(days=90)]
    assert loaded(folder / "requests.json") == recent != []


def test_every_column_is_in_the_dictionary(folder: Path) -> None:
    with io.StringIO((folder / "data_dictionary.csv").read_text(encoding="utf-8")) as stream:
        rows = list(csv.DictReader(stream))
    told = {(row["table"], row["column"]) for row in rows}
    for path in folder.glob("*.parquet"):
        assert {(path.stem, column) for column in pl.read_parquet_schema(path)} <= told
    assert not [row for row in rows if not row["name_zh"] or not row["description"]]


def test_a_domain_is_open_from_its_day() -> None:
    assert {domain.code for domain in open_domains(dt.date(2026, 6, 30))} == {"C30", "C31", "C40"}
    assert open_domains(dt.date(2009, 12, 31)) == []
