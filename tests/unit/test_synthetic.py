"""The synthetic city: equal arguments give equal bytes, and the truth says what the files hold, read by other means."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import polars as pl
import pytest

from pipelines.core.bindings import load_city
from pipelines.core.contracts import load_contract
from pipelines.core.errors import UsageError
from pipelines.core.settings import CITIES, PROJECT_ROOT
from pipelines.synthetic import dirt, people, seasons, vocabulary
from pipelines.synthetic.dirt_targets import TARGETS
from pipelines.synthetic.seasons import Block
from pipelines.synthetic.simulation import FEEDS, LAID_OUT, NEW_COLUMN, Simulation
from pipelines.synthetic.truth import Truth, tell_truth
from pipelines.synthetic.writer import simulation_for

END = dt.date(2026, 6, 30)
SMALL = {"grids": 12, "days": 60, "seed": 3, "end": END, "events_per_grid_month": 40.0}


def tree(folder: Path) -> dict[str, str]:
    """Every file below `folder` and the hash of its bytes."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return Simulation(grids=60, days=200, seed=11, end=END, events_per_grid_month=60.0, ahead=3)


@pytest.fixture(scope="module")
def out(simulation: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    simulation.write(folder)
    return folder


@pytest.fixture(scope="module")
def truth(simulation: Simulation) -> Truth:
    return tell_truth(simulation)


@pytest.fixture(scope="module")
def cells(out: Path, truth: Truth) -> dict[str, list[dict[str, str]]]:
    """Every event file as Python's csv and openpyxl read it: header -> text, one dictionary a record."""
    return {name: list(read(out / name)) for name in truth.rows["file"].unique().sort()}


def read(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".xlsx":
        rows = list(openpyxl.load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True))
        above = 0 if any(rows[0][1:]) else 1  # a title; then a blank row and a total end the sheet
        if above:
            assert [cell for cell in rows[-1] if cell is not None] == ["合计", str(len(rows) - 4)]
            rows = rows[:-2]
        header = [str(cell) for cell in rows[above]]
        told = [{k: "" if v is None else str(v) for k, v in zip(header, row, strict=True)} for row in rows[above + 1 :]]
        return [{}] * above + told
    data = path.read_bytes()
    if path.suffix == ".jsonl":
        told = [json.loads(line, parse_float=str, parse_int=str) for line in data.decode().splitlines()]
        return [{key: row.get(key, "") for key in {k for r in told for k in r}} for row in told]
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    encoding = "gb18030" if "police" in path.name else "utf-8-sig"
    return list(csv.DictReader(io.StringIO(data.decode(encoding), newline="")))


# --- equal arguments, equal bytes


WRITE = """
import datetime as dt, sys
from pathlib import Path
from pipelines.synthetic.writer import generate
generate(Path(sys.argv[1]), grids=12, days=60, seed=3, end=dt.date(2026, 6, 30), events_per_grid_month=40.0)
"""


def test_two_processes_of_other_hash_seed_locale_and_zone_write_equal_bytes(tmp_path: Path) -> None:
    surroundings = [("0", "C", "UTC"), ("4242", "C.UTF-8", "America/Chicago")]
    for number, (seed, locale, zone) in enumerate(surroundings):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone, "PYTHONPATH": str(PROJECT_ROOT)}
        subprocess.run([sys.executable, "-c", WRITE, str(tmp_path / str(number))], env=environment, check=True, timeout=120)
    first, second = tree(tmp_path / "0"), tree(tmp_path / "1")
    assert len(first) > 20
    assert first == second


def test_another_seed_writes_other_bytes(tmp_path: Path) -> None:
    for number, seed in enumerate((3, 4)):
        Simulation(**{**SMALL, "seed": seed}).write(tmp_path / str(number))
    first, second = tree(tmp_path / "0"), tree(tmp_path / "1")
    assert len(first.keys() & second.keys()) > 20
    assert not [name for name in first.keys() & second.keys() if "reference" not in name and first[name] == second[name]]


def test_days_ahead_do_not_change_what_was_sent_before(tmp_path: Path) -> None:
    alone, further = Simulation(**SMALL), Simulation(**SMALL, ahead=3)
    alone.write(tmp_path / "alone")
    further.write(tmp_path / "further")
    assert tree(tmp_path / "alone") == tree(tmp_path / "further")


def test_a_day_ahead_is_one_more_file_a_feed_with_new_events_and_progress_of_old_ones(
    simulation: Simulation, tmp_path: Path
) -> None:
    written = simulation.deliver(tmp_path, END + dt.timedelta(days=1))
    assert {p.name.partition(".")[0][-15:] for p in written} == {"20260701_235959"}
    assert {p.parent.name for p in written} >= {"police", "urban", "hotline", "grid"}
    assert len({p.parent for p in written}) == len(written)
    rows = read(next(p for p in written if "urban" in p.name))
    reported = {row["上报时间"][:10] for row in rows if re.match(r"2026-\d\d-\d\d ", row["上报时间"])}
    assert "2026-07-01" in reported
    assert min(reported) < "2026-07-01"
    with pytest.raises(UsageError):
        simulation.deliver(tmp_path, END + dt.timedelta(days=4))


def test_archives_carry_no_time(out: Path, tmp_path: Path) -> None:
    book = next((out / "petition").glob("*.xlsx"))
    assert {info.date_time for info in zipfile.ZipFile(book).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    Simulation(grids=2, days=500, seed=1, end=END).write(tmp_path)
    packed = next((tmp_path / "police").glob("*.gz")).read_bytes()
    assert packed[4:8] == b"\0\0\0\0"


# --- the truth and the files


def test_the_truth_has_every_record_of_every_file(truth: Truth, cells: dict[str, list[dict[str, str]]]) -> None:
    told = dict(truth.rows.group_by("file").agg(pl.col("record_no").max()).iter_rows())
    assert told == {name: len(rows) for name, rows in cells.items()}
    assert truth.rows.select("file", "record_no").is_unique().all()


def plain(number: str) -> str | None:
    """A case number without invisible characters, blanks and full-width brackets; None for a null token."""
    clean = re.sub(r"[\u200b\s]", "", number).replace("（", "(").replace("）", ")")
    return None if clean in dirt.NULL_TOKENS else clean


def test_the_truth_names_the_event_of_every_record(truth: Truth, cells: dict[str, list[dict[str, str]]]) -> None:
    titles = {feed.name: load_contract(feed.name).column("source_case_no").title_zh for feed, _ in FEEDS}
    for name, feed, record, number in truth.rows.select("file", "feed", "record_no", "source_case_no").iter_rows():
        assert plain(cells[name][record - 1][titles[feed]]) == number


def test_quarantined_rows_are_those_without_number_or_main_time(truth: Truth, cells: dict[str, list[dict[str, str]]]) -> None:
    mains = {feed.name: feed.main_time for feed, _ in FEEDS}
    found = []
    for name, feed, record, rules in truth.rows.select("file", "feed", "record_no", "rule_ids").iter_rows():
        contract, row = load_contract(feed), cells[name][record - 1]
        missing = [c for c in ("source_case_no", mains[feed]) if row[contract.column(c).title_zh] in dirt.NULL_TOKENS]
        assert rules == [f"{column}-required" for column in missing]
        found += missing
    assert len(found) > 50


def test_a_repeat_is_the_same_record_again_and_a_conflict_differs_in_one_cell(
    simulation: Simulation, cells: dict[str, list[dict[str, str]]], truth: Truth
) -> None:
    conflicts = {feed.name: load_contract(feed.name).column(feed.conflict).title_zh for feed, _ in FEEDS}
    doubles = truth.rows.filter(pl.col("dirt").list.contains("D05"))
    seen = {"repeat": 0, "conflict": 0}
    for name, feed, record, number, version, fate in doubles.select(
        "file", "feed", "record_no", "source_case_no", "version_at", "fate"
    ).iter_rows():
        same = truth.rows.filter(
            (pl.col("file") == name) & (pl.col("source_case_no") == number) & (pl.col("version_at") == version)
        )
        others = [cells[name][n - 1] for n in same["record_no"] if n != record]
        row = cells[name][record - 1]
        if fate == "repeat":
            assert row in others
            seen["repeat"] += 1
        else:
            assert any({k for k in row if row[k] != other[k]} == {conflicts[feed]} for other in others)
            seen["conflict"] += 1
    assert min(seen.values()) > 5


@pytest.mark.parametrize("feed", [feed.name for feed, _ in FEEDS])
def test_dirt_comes_at_its_rates(feed: str, truth: Truth) -> None:
    rows = truth.rows.filter(pl.col("feed") == feed)
    rates = {**dirt.RATES, "D13": dirt.D13_RATES.get(feed, 0.0)}
    targets = TARGETS[feed]
    lacking = {
        "D01": targets.place, "D13": targets.place, "D02": targets.numbers, "D04": targets.clocks,
        "D14": dirt.ORDERS.get(feed), "D12": feed in ("police_incident", "urban_case", "grid_event"),
        "D09": feed in ("police_incident", "grid_event"),
    }  # fmt: skip
    for code in [code for code, columns in lacking.items() if not columns]:  # acts, or dates without a time of day
        rates.pop(code)
    for code, rate in rates.items():
        share = rows.filter(pl.col("dirt").list.contains(code)).height / rows.height
        # A cell that is empty or taken is spared, so the rate is an upper bound; five standard deviations of leeway.
        leeway = 5 * np.sqrt(rate / rows.height)
        assert rate * 0.25 - leeway < share < rate + leeway, code


def test_three_workbooks_in_ten_are_laid_out_for_people(simulation: Simulation, truth: Truth) -> None:
    books = truth.files.filter(pl.col("file").str.ends_with(".xlsx"))
    assert set(truth.files["nondata_n"]) == {0, 3}
    assert not truth.files.filter((pl.col("nondata_n") > 0) & ~pl.col("file").str.ends_with(".xlsx")).height
    share = float((books["nondata_n"] > 0).mean() or 0)
    assert abs(share - LAID_OUT) < 5 * np.sqrt(LAID_OUT / books.height)


def test_some_files_drift(truth: Truth, cells: dict[str, list[dict[str, str]]]) -> None:
    drifted = truth.files.filter("has_drifted")["file"].to_list()
    assert 0 < len(drifted) < 0.2 * truth.files.height
    assert {name for name, rows in cells.items() if any(NEW_COLUMN in row for row in rows)} == set(drifted)


def test_three_events_in_a_hundred_are_corrected_within_ninety_days(simulation: Simulation, truth: Truth) -> None:
    for sent in simulation.sent:
        planned = sent.events["_corrected_at"].is_not_null().mean()
        assert planned is not None
        assert abs(float(planned) - 0.03) < 5 * np.sqrt(0.03 / sent.events.height)
        after = sent.events.select((pl.col("_corrected_at") - pl.col("_arrived_at")).dt.total_days()).to_series().drop_nulls()
        assert after.is_between(0, 90).all()
    late = truth.rows.filter(pl.col("dirt").list.contains("D08"))
    earlier = truth.rows.join(late, on=["feed", "source_case_no"]).filter(pl.col("version_at") < pl.col("version_at_right"))
    assert late.drop_nulls("source_case_no").height > 100
    assert earlier.select("feed", "source_case_no").n_unique() > 0.9 * late.select("feed", "source_case_no").n_unique()


def test_one_row_of_each_event_is_in_force(truth: Truth) -> None:
    accepted = truth.rows.filter((pl.col("fate") == "accepted") & ~pl.col("is_key_conflict"))
    assert accepted.select("feed", "source_case_no").is_unique().all()
    newest = truth.rows.filter(pl.col("fate").is_in(["accepted", "superseded"])).with_columns(
        pl.col("version_at").max().over("feed", "source_case_no").alias("newest")
    )
    assert newest.filter((pl.col("version_at") == pl.col("newest")) != (pl.col("fate") == "accepted")).is_empty()


def test_clean_rows_expect_no_flag_but_an_order_that_a_correction_broke(truth: Truth) -> None:
    told = ["D10", "D11"]  # what people write into narratives and addresses, beside the dirt of cells
    clean = truth.rows.filter(pl.col("dirt").list.set_difference(told).list.len() == 0)
    flags = set(clean.explode("flags")["flags"].drop_nulls())
    assert {flag.rpartition("-")[2] for flag in flags - {"address_text:relative"}} <= {"order"}
    assert clean.height > 0.7 * truth.rows.height


# --- people who do not exist


def test_resident_numbers_are_of_no_area_and_check(simulation: Simulation) -> None:
    numbers = simulation.people.pool["id_no"]
    assert numbers.str.starts_with("000000").all()
    weights = [pow(2, 17 - n, 11) for n in range(17)]  # ISO 7064 MOD 11-2, written another way
    for number in numbers.to_list()[:2000]:
        rest = (12 - sum(int(c) * w for c, w in zip(number, weights, strict=False))) % 11
        assert number[17] == ("X" if rest == 10 else str(rest))


def test_phones_have_a_prefix_that_no_operator_has(simulation: Simulation) -> None:
    assert simulation.people.pool["phone"].str.contains(r"^1000\d{7}$").all()


def test_a_fifth_of_the_narratives_names_a_person_and_all_carry_the_marker(simulation: Simulation) -> None:
    told = simulation.sent[0].events["narrative"]
    assert told.str.contains(people.MARKER + r"\d{6}$").all()
    share = float(told.str.contains("证件000000").mean() or 0)
    assert abs(share - people.NARRATIVES_WITH_PERSON) < 0.05
    names = set(simulation.people.pool["name"])
    assert not names & set(simulation.city.areas["name_zh"])


# --- rhythm, vocabulary, binding


def test_days_have_their_weights() -> None:
    year = Block(dt.date(2025, 1, 1), 365)
    weight = dict(zip(year.dates, seasons.day_weights(year, seasons.PETITION), strict=True))
    assert weight[dt.date(2025, 1, 29)] < 0.5 * weight[dt.date(2025, 1, 15)]  # first day of the lunar year
    assert weight[dt.date(2025, 10, 1)] < 0.5 * weight[dt.date(2025, 9, 24)]  # National Day, a Wednesday
    assert weight[dt.date(2025, 6, 8)] < 0.5 * weight[dt.date(2025, 6, 9)]  # Sunday and Monday
    assert weight[dt.date(2025, 4, 27)] > 2 * weight[dt.date(2025, 4, 20)]  # a Sunday worked for a holiday, and one not


def test_the_rhythm_shows_in_the_events(simulation: Simulation) -> None:
    hours = simulation.sent[1].events["_arrived_at"].dt.hour()
    assert (hours < 6).sum() == 0
    assert (hours.is_between(8, 17)).mean() > 0.7  # type: ignore[operator]
    police = simulation.sent[0].events["_arrived_at"].dt.hour()
    assert 0.02 < float((police < 6).mean() or 0) < 0.2


def test_years_without_announced_holidays_still_work() -> None:
    assert seasons.is_workday(dt.date(2031, 6, 2))
    assert not seasons.is_workday(dt.date(2031, 6, 1))
    assert seasons.is_holiday(dt.date(2031, 10, 1))


def test_the_demo_binding_maps_every_code_that_is_sent() -> None:
    city = load_city(CITIES / "demo")
    sent: dict[str, dict[str, str]] = {
        "police_incident": {vocabulary.police_code(c): c for c in vocabulary.POLICE_MIX},
        "urban_case": {vocabulary.urban_group(c) + vocabulary.urban_code(c): c for c in vocabulary.URBAN_MIX},
        "petition": {vocabulary.petition_code(c): c for c in vocabulary.PETITION_MIX},
        "court_case": {vocabulary.court_code(c): c for c in vocabulary.COURT_MIX},
        "hotline_order": {vocabulary.hotline_code(c): c for c in vocabulary.HOTLINE_MIX},
        "mediation": {vocabulary.mediation_code(c): c for c in vocabulary.MEDIATION_MIX},
        "hazard": {vocabulary.hazard_code(c): c for c in vocabulary.HAZARD_MIX},
        "labour_arbitration": {vocabulary.arbitration_code(c): c for c in vocabulary.ARBITRATION_MIX},
    }
    for feed, codes in sent.items():
        mapped = {row.source_code: row.canonical_code for row in city.feed(feed).codes}
        assert {code: mapped.get(code) for code in codes} == codes
        known = vocabulary.vocabulary()["category"]
        assert set(mapped.values()) <= set(known)


def test_every_header_is_one_that_the_contract_knows(cells: dict[str, list[dict[str, str]]], truth: Truth) -> None:
    """But for files that drift: there a column has its canonical name, and one is new."""
    feeds = dict(truth.rows.select("file", "feed").unique().iter_rows())
    drifted = set(truth.files.filter("has_drifted")["file"])
    for name, rows in cells.items():
        columns = load_contract(feeds[name]).columns
        others = set(rows[-1]) - {c.title_zh for c in columns}
        assert len(others - {NEW_COLUMN}) == (1 if name in drifted else 0)
        assert others <= {NEW_COLUMN, *(c.name for c in columns)}


def test_the_city_folder_says_how_large_the_demo_is() -> None:
    city = load_city(CITIES / "demo")
    assert city.as_of == dt.datetime(2026, 6, 30, 23, 59, 59)
    assert {"grids", "days", "seed", "end"} <= set(city.synthetic)


def test_some_cases_are_open_some_overdue_some_merged_some_in_groups(truth: Truth) -> None:
    events, as_of = truth.events, dt.datetime(2026, 6, 30, 23, 59, 59)
    still_open = events.filter(pl.col("closed_at").is_null())
    assert set(still_open["event_kind"]) >= {"urban_case", "petition", "court_case"}
    assert still_open.filter(pl.col("deadline_at") < as_of).height > 5
    assert set(events["not_counted_reason"].drop_nulls()) >= {"merged", "void"}
    assert events.filter((pl.col("event_kind") == "petition") & (pl.col("persons_n") >= 5)).height > 3
    assert set(events["grid_resolution_method"]) == {"code", "other_code", "polygon", "place_code", "name", "none"}


@pytest.mark.proof
def test_a_million_events_in_under_a_minute(tmp_path: Path) -> None:
    started = dt.datetime.now()  # noqa: DTZ005 (a stopwatch)
    large = Simulation(grids=4281, days=730, seed=1, end=END)
    large.write(tmp_path)
    assert sum(sent.events.height for sent in large.sent) > 1_000_000
    assert (dt.datetime.now() - started).total_seconds() < 60  # noqa: DTZ005


def test_a_city_folder_gives_its_simulation(tmp_path: Path) -> None:
    city = load_city(CITIES / "demo")
    simulation = simulation_for(dataclasses.replace(city, synthetic={"grids": 3, "days": 5, "seed": 1}))
    assert simulation.end == END
    assert simulation.city.areas.filter(pl.col("level") == 4).height == 3
    assert {p.parent.name for p in simulation.write(tmp_path)} >= {"reference", "police", "urban", "court"}
