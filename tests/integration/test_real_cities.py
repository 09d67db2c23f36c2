"""Two real cities, and a Big5 file, through `citybrain run`: every total against a count by other code (`make prove-cities`).

Skips where the real data are not beside the checkout: they are open data that may not be copied into the project.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from pipelines.analytics.warning import alerts
from pipelines.core import warehouse
from pipelines.core.contracts import CONTRACTS
from pipelines.core.settings import PROJECT_ROOT, Home, load_settings
from pipelines.core.state import Ledger
from pipelines.core.warehouse import open_published
from tests.integration import real_counts as real
from tests.integration.hot_spots_anew import assert_told, expected_of

pytestmark = [
    pytest.mark.skipif(not real.REAL.is_dir(), reason=f"the real data are not here: {real.REAL}"),
    pytest.mark.timeout(1200),
    pytest.mark.proof,  # three builds of files that are not everywhere: seven minutes of one core
]
CITIES = {
    "chicago": PROJECT_ROOT / "data" / "cities" / "chicago",
    "leader_board": PROJECT_ROOT / "data" / "cities" / "leader_board",
    "taipei": Path(__file__).parent / "cities" / "taipei",
}


def run_city(city: str, home: Path) -> Home:
    """`citybrain run` as a user types it."""
    command = [sys.executable, "-m", "pipelines.cli.main", "run", "--city", str(CITIES[city])]
    done = subprocess.run(
        [*command, "--source-root", str(real.REAL), "--home", str(home)],
        capture_output=True, text=True, cwd=PROJECT_ROOT, check=False, env={**os.environ, "CITYBRAIN_LANG": "en"},
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return Home(home)


@pytest.fixture(scope="module")
def chicago(tmp_path_factory):
    return run_city("chicago", tmp_path_factory.mktemp("chicago"))


@pytest.fixture(scope="module")
def leader_board(tmp_path_factory):
    return run_city("leader_board", tmp_path_factory.mktemp("leader_board"))


@pytest.fixture(scope="module")
def taipei(tmp_path_factory):
    return run_city("taipei", tmp_path_factory.mktemp("taipei"))


def marts(home: Home, sql: str) -> pl.DataFrame:
    build = open_published(home.root)
    try:
        return build.frame(sql)
    finally:
        build.close()


def funnels(home: Home) -> dict[str, real.Funnel]:
    """Per file below the source root, what the published feed outcomes say."""
    found = marts(home, "select file_name, read_n, accepted_n, quarantined_n, repeat_n, nondata_n "
                        "from marts.fct_feed_outcome where not starts_with(file_name, 'reference/')")  # fmt: skip
    for name, read, *rest in found.iter_rows():
        assert read == sum(rest), f"{name}: {read} read, {rest} accounted for"
    return {name: (read, accepted, refused, repeats) for name, read, accepted, refused, repeats, _ in found.iter_rows()}


def totals(home: Home) -> Counter[tuple[object, ...]]:
    """Events by system, year of the main time and area, from the published events."""
    found = marts(
        home,
        """
        select source_system, year(coalesce(reported_at, registered_at, filed_at)) as y, grid_code, count(*) as n
        from marts.fct_event group by all
    """,
    )
    return Counter({(system, year, area): n for system, year, area, n in found.iter_rows()})


def landed(home: Home, contract: str, feed: str) -> pl.DataFrame:
    return pl.read_parquet(home.landing / contract / f"{feed}-*.parquet")


def without_area(counted: real.Totals) -> Counter[tuple[object, ...]]:
    by_year: Counter[tuple[object, ...]] = Counter()
    for (system, year, _), n in counted.items():
        by_year[system, year] += n
    return by_year


# ---- Chicago ------------------------------------------------------------------------------------------------------


def test_every_chicago_file_closes_its_funnel_against_an_independent_count(chicago):
    assert funnels(chicago) == real.chicago_funnels()


def test_chicago_totals_by_feed_and_year_are_those_of_the_files(chicago):
    assert without_area(totals(chicago)) == without_area(real.chicago_totals())


def test_chicago_totals_by_area_are_those_of_codes_and_ray_casting(chicago):
    assert totals(chicago) == real.chicago_totals()


def test_published_figures_by_year_and_area_are_the_counts_of_the_files(chicago):
    """V01, events reported, of the kinds of which every event counts: at the city, in each area, and unassigned."""
    kinds = {"chicago_assaults": "police_incident", "chicago_crimes": "police_incident",
             "cook_county_felony": "court_case"}  # fmt: skip
    expected: Counter[tuple[object, ...]] = Counter()
    for (system, year, area), n in real.chicago_totals().items():
        if system in kinds:
            expected[kinds[str(system)], year, area] += n
            expected[kinds[str(system)], year, "1714000"] += n
    found = marts(
        chicago,
        """
        select slice_code, year(period_start), grid_code, num from marts.fct_metric_value
        where metric_id = 'V01' and slice_kind = 'event_kind' and period_kind = 'year' and basis = 'as_was'
          and slice_code in ('police_incident', 'court_case')
    """,
    )
    assert Counter({(kind, year, area): n for kind, year, area, n in found.iter_rows()}) == expected


def test_identical_rows_of_a_keyless_feed_stay_separate_events(chicago):
    for system, name, equal in (("chicago_assaults", real.ASSAULTS, 111), ("chicago_crimes", real.CRIMES, 443)):
        records = [tuple(r.values()) for r in real.rows(name)]
        assert len(records) - len(set(records)) == equal
        sql = f"select count(*), count(distinct event_id) from marts.fct_event where source_system = '{system}'"
        assert marts(chicago, sql).row(0) == (len(records), len(records))


def test_requests_that_the_city_calls_duplicates_are_not_counted(chicago):
    """A number that stands on several rows may be either, so only numbers of one status are compared."""
    statuses: dict[str, set[str]] = {}
    for record in real.rows(real.SANITATION):
        statuses.setdefault(record["Service_Request_Number"], set()).add(record["Status"])
    certain = {number: "Dup" in min(s) for number, s in statuses.items() if len({"Dup" in x for x in s}) == 1}
    found = marts(chicago, "select source_case_no, is_counted from marts.fct_event where source_system = 'chicago_311'")
    wrong = [n for n, counted in found.iter_rows() if n in certain and counted is certain[n]]
    assert wrong == []
    assert sum(certain.values()) > 3000


def test_race_gender_and_age_never_reach_landing(chicago):
    people = {value for r in real.rows(real.FELONIES) for value in (r["race"], r["gender"], r["age"]) if value}
    assert {"Black", "White", "Hispanic", "Male", "Female", "21-25"} <= people
    files = sorted(chicago.landing.rglob("*.parquet"))
    assert any("court_felony" in path.name for path in files)
    for path in files:
        names = set(pq.read_schema(path).names)
        assert not {n for n in names if n.split("_")[-1] in ("race", "gender", "age")}, path.name
    felonies = landed(chicago, "court_case", "court_felony")
    for name, kind in felonies.schema.items():
        if kind == pl.String:
            assert not people & set(felonies[name].drop_nulls().unique()), name


def test_a_case_with_only_a_year_enters_no_period_finer_than_a_year(chicago):
    found = marts(chicago, "select distinct time_precision from marts.fct_event "
                           "where source_system = 'cook_county_felony'")  # fmt: skip
    assert found["time_precision"].to_list() == ["year"]


def test_the_alerts_of_the_model_are_those_of_the_rule(chicago, tmp_path):
    """`fct_alert`, told to keep all weeks, on a copy of the warehouse, against analytics/warning.py: twelve years of
    weeks in 77 areas. A build keeps the last eight weeks only, which may hold no alert at all."""
    copy = tmp_path / chicago.warehouse.name  # the compiled model names the database after its file
    shutil.copy(chicago.warehouse, copy)
    model = next(chicago.warehouse.parent.glob("dbt/compiled/**/fct_alert.sql")).read_text(encoding="utf-8")
    with warehouse.writer(copy, load_settings()) as connection:
        connection.execute("update seeds.ref_threshold set value = 5000 where threshold_id = 'alert_weeks_kept'")
        found = connection.sql(model).pl()
        weekly = connection.sql("""
            select slice_code as event_kind, grid_code, period_start as week_start, num as value, is_suppressed
            from marts.fct_metric_value
            where metric_id = 'V01' and slice_kind = 'event_kind' and period_kind = 'week' and grid_level in (2, 3)
        """).pl()
        persons = (
            connection.sql("select event_kind from seeds.ref_event_kind where subject = 'person'").pl()["event_kind"].to_list()
        )
        as_of = connection.execute("select cast(as_of as date) from marts.build_info").fetchall()[0][0]
    through = as_of - dt.timedelta(days=(as_of.weekday() + 1) % 7 + 6)
    by = ["event_kind", "grid_code"]
    expected = pl.concat(alerts(weekly.filter(event_kind=kind), by=by, through=through)
                         for kind in weekly["event_kind"].unique().sort())  # fmt: skip
    assert expected.height > 500
    assert set(expected["reason"]) == {"very_high", "high_twice"}
    columns = ["event_kind", "grid_code", "period_start", "value", "baseline", "reason"]
    shown = pl.col("is_suppressed").not_()  # the alert of a hidden figure says no number
    expected = expected.join(weekly.select(*by, "week_start", "is_suppressed"), on=[*by, "week_start"]).with_columns(
        pl.when(shown).then(pl.col("value")).alias("value"),
        *(
            pl.when(shown & ((pl.col("baseline") > 4) | ~pl.col("event_kind").is_in(persons))).then(pl.col(name)).alias(name)
            for name in ("baseline", "robust_z")
        ),
    )
    assert expected["baseline"].null_count() > expected["value"].null_count()  # a median of few persons is a small number too
    assert expected["is_suppressed"].any()
    assert not expected["is_suppressed"].all()
    found = found.rename({"rule_id": "reason"}).cast({"value": pl.Float64}).sort(columns)
    expected = expected.rename({"week_start": "period_start"}).sort(columns)
    assert found.select(columns).rows() == expected.select(columns).rows()
    assert (found["robust_z"] - expected["robust_z"]).abs().max() < 1e-9


def test_hot_spots_of_chicago_are_those_of_its_cases(chicago):
    """Outlines drawn one by one, counts of a real city: some areas gather police incidents; of one kind nothing is shared."""
    build = open_published(chicago.root)
    try:
        expected = expected_of(build.connection)
        assert_told(build.connection, expected)
        assert build.rows("select count(*) from marts.fct_metric_value where metric_id = 'M45'") == [(0,)]
    finally:
        build.close()
    assert {code for (_, code), (_, _, is_hot) in expected.spots.items() if is_hot} == {"8", "24", "28", "29", "32"}


# ---- Leader board -------------------------------------------------------------------------------------------------


def test_every_leader_board_file_closes_its_funnel_against_an_independent_count(leader_board):
    assert funnels(leader_board) == real.leader_board_funnels()


def test_messages_of_two_files_and_documents_of_many_rows_are_counted_once(leader_board):
    assert totals(leader_board) == real.leader_board_totals()


def test_petitions_by_year_are_those_of_the_files(leader_board):
    expected = {year: n for (system, year, _), n in real.leader_board_totals().items() if system == "leader_board"}
    found = marts(
        leader_board,
        """
        select year(period_start) as y, num from marts.fct_metric_value
        where metric_id = 'M05' and slice_kind = 'all' and period_kind = 'year' and basis = 'as_was'
          and grid_code = '000000'
    """,
    )
    assert {year: int(n) for year, n in found.iter_rows()} == expected


def test_the_gb18030_file_and_the_workbook_come_out_alike_and_right(leader_board):
    with (CONTRACTS / "terms.csv").open(encoding="utf-8", newline="") as stream:
        vocabulary = [row["term"] for row in csv.DictReader(stream)]
    expected = real.message_terms(vocabulary)
    assert sum(map(bool, expected.values())) > 1000
    read = {feed: landed(leader_board, "petition", feed) for feed in ("petition_gb18030", "petition_xlsx")}
    for frame in read.values():
        assert dict(zip(frame["source_case_no"], frame["terms"].to_list(), strict=True)) == expected
    both = read["petition_gb18030"].join(read["petition_xlsx"], on="_event_id", suffix="_xlsx")
    assert both.height == len(expected)
    assert both.filter(pl.col("_content_hash") != pl.col("_content_hash_xlsx")).is_empty()


def test_the_refused_documents_are_those_without_a_date(leader_board):
    ledger = Ledger.of(leader_board)
    try:
        tickets = ledger.rows("select feed, record_no, rule_ids from quarantine")
    finally:
        ledger.close()
    undated = [n for n, r in enumerate(real.rows(real.DOCUMENTS), start=1) if r["judgementDate"] == "undefined"]
    assert [(t["feed"], t["record_no"]) for t in tickets] == [("court_wenshu", n) for n in undated]
    assert all("filed_on-required" in t["rule_ids"] for t in tickets)


def test_real_division_codes_keep_their_parents(leader_board):
    parent = {"grid_province": None, "grid_city": "provinceCode", "grid_area": "cityCode", "grid_street": "areaCode",
              "grid_village": "streetCode"}  # fmt: skip
    expected = {r["code"]: (plain_name, r[parent[feed]] if parent[feed] else "000000")
                for feed, name in real.DIVISIONS.items() for r in real.rows(name)
                for plain_name in [real.plain(r["name"])]}  # fmt: skip
    found = marts(leader_board, "select grid_code, name_zh, parent_code from marts.dim_grid where is_current "
                                "and parent_code is not null and grid_code <> 'UNASSIGNED'")  # fmt: skip
    assert {code: (name, above) for code, name, above in found.iter_rows()} == expected


# ---- Taipei -------------------------------------------------------------------------------------------------------


def test_the_big5_file_comes_out_with_the_right_characters(taipei):
    raw = (real.REAL / real.THEFTS).read_bytes()
    assert raw.decode("gb18030") != raw.decode("big5"), "as GB18030 it decodes without error, to other characters"
    frame = landed(taipei, "police_incident", "police_theft")
    found = {no: (kind, place) for no, kind, place in
             frame.select("source_case_no", "class_l1_code", "address_text").iter_rows()}  # fmt: skip
    assert found == {r["編號"]: (real.plain(r["案類"]), real.plain(r["發生地點"])) for r in real.rows(real.THEFTS)}
    assert found["1"] == ("住宅竊盜", "臺北市中正區廈門街91~120號")


def test_years_of_the_era_become_years(taipei):
    assert totals(taipei) == real.taipei_totals()
    assert funnels(taipei) == {real.THEFTS: (len(real.rows(real.THEFTS)), len(real.rows(real.THEFTS)), 0, 0)}
