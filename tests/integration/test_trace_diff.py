"""Figures recomputed from the source records that their trace names; over thirty days, changes that add up exactly.

The recomputation shares no code with the register: it reads landed rows by file and record number, under the bureaus' own
column names, and says of each in plain Python whether it belongs to the figure. What is read of a record is written here by
hand from the definitions; places and the city's own categories are left to test_truth. Changes of four builds: test_build.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
import re
import sqlite3
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines import publish
from pipelines.core.warehouse import PublishedBuild, open_pair, open_published
from pipelines.trace import FigureName, find_figure, pages, parse_name, trace
from pipelines.tracing.naming import Window, asked_name
from pipelines.tracing.wholes import whole_of
from tests.conftest import ROOT, TinyCity, citybrain
from tests.integration.changed_figures import KEY, changed, check_change
from tests.integration.days import bring_through
from tests.integration.disturbed_days import RECODED_ON, disturb, recoded

FIGURES, PROVEN_CHANGES, PROVEN_DAYS = 200, 200, 30
DAY = dt.timedelta(days=1)
Row = dict[str, Any]


# ---- The records, read without the pipeline ----------------------------------------------------------------------


@cache
def spellings() -> dict[tuple[str, str], str]:
    """(code set, spelling) to canonical code, as the shipped vocabulary lists them."""
    found: dict[tuple[str, str], str] = {}
    with (ROOT / "pipelines" / "contracts" / "codes.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            for text in (row["canonical_code"], row["name_zh"], row["name_en"], *row["synonyms"].split("|")):
                found.setdefault((row["code_set"], text), row["canonical_code"])
    return found


def moment(value: dt.date | dt.datetime | None) -> dt.datetime | None:
    if value is None or isinstance(value, dt.datetime):
        return value
    return dt.datetime.combine(value, dt.time())


#: What the four bureaus call the times of a case.
TIMES: dict[str, dict[str, Callable[[Row], dt.datetime | None]]] = {
    "police_incident": {
        "reported": lambda r: r["reported_at"], "filed": lambda r: r["filed_at"], "closed": lambda r: r["finished_at"],
        "accepted": lambda r: r["accepted_at"],
    },
    "urban_case": {
        "reported": lambda r: r["reported_at"], "registered": lambda r: r["registered_at"], "closed": lambda r: r["closed_at"],
        "accepted": lambda r: r["accepted_at"], "due": lambda r: r["deadline_at"],
    },
    "petition": {
        "reported": lambda r: r["registered_at"], "accepted": lambda r: r["accept_notice_at"], "closed": lambda r: r["closed_at"],
        "due": lambda r: r["extended_to"] or r["deadline_at"],
    },
    "hotline_order": {
        "reported": lambda r: r["registered_at"], "closed": lambda r: r["closed_at"],
        "due": lambda r: r["extended_to"] or r["deadline_at"],
    },
    "court_case": {
        "reported": lambda r: moment(r["received_on"] or r["filed_on"]), "filed": lambda r: moment(r["filed_on"]),
        "closed": lambda r: moment(r["closed_on"]),
        "due": lambda r: r["deadline_on"] and moment(r["deadline_on"]) + DAY - dt.timedelta(seconds=1),
    },
}  # fmt: skip


def said(code_set: str, text: str | None) -> str | None:
    return spellings().get((code_set, text)) if text else None


def at(row: Row, name: str) -> dt.datetime | None:
    return TIMES[row["_feed"]].get(name, lambda _: None)(row)


#: metric -> (time that places a case, whether it is a case at all, whether it is above the line; `end`: the period's last moment).
READINGS: dict[str, tuple[str, Callable[[Row], bool], Callable[[Row, dt.datetime], bool]]] = {
    "V01": ("reported", lambda r: True, lambda r, end: True),
    "V02": ("closed", lambda r: True, lambda r, end: True),
    "M01": ("reported", lambda r: said("case_nature", r["case_nature"]) == "administrative" and r["accepted_at"] is not None,
            lambda r, end: True),
    "M02": ("filed", lambda r: said("case_nature", r["case_nature"]) == "criminal", lambda r, end: True),
    "M03": ("filed", lambda r: said("case_type", r["case_type"]) == "civil" and said("instance", r["instance"]) == "first",
            lambda r, end: True),
    "M05": ("reported", lambda r: r["_feed"] == "petition", lambda r, end: True),
    "M08": ("accepted", lambda r: True, lambda r, end: (closed := at(r, "closed")) is not None and closed <= end),
    "M10": ("due", lambda r: r["_feed"] == "urban_case", lambda r, end: (closed := at(r, "closed")) is not None and closed <= end),
    "M16": ("due", lambda r: r["_feed"] == "urban_case",
            lambda r, end: (closed := at(r, "closed")) is not None and closed <= at(r, "due")),
    "M44": ("reported", lambda r: at(r, "due") < r["_as_of"], lambda r, end: (closed := at(r, "closed")) is None or closed > r["_as_of"]),
    "M48": ("closed", lambda r: at(r, "closed") >= at(r, "registered"), lambda r, end: False),
}  # fmt: skip
SLICED = {"event_kind": lambda r: r["_feed"], "channel": lambda r: said("channel", r["intake_channel"]),
          "received_level": lambda r: said("government_level", r["received_level"])}  # fmt: skip


class Records:
    """Landed rows by file and record number, straight from Parquet and the ledger's SQLite."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with sqlite3.connect(f"file:{home / 'state' / 'ledger.db'}?mode=ro", uri=True) as ledger:
            self.paths = dict(ledger.execute("select sha256, landing_path from parse where is_current = 1").fetchall())
        self.read: dict[str, dict[int, Row]] = {}

    def of(self, sha256: str, record_no: int) -> Row:
        if sha256 not in self.read:
            frame = pl.read_parquet(self.home / self.paths[sha256])
            self.read[sha256] = {row["_record_no"]: row for row in frame.iter_rows(named=True)}
        return self.read[sha256][record_no]


@pytest.fixture(scope="module")
def build(tiny_city: TinyCity) -> Iterator[PublishedBuild]:
    with open_published(tiny_city.home) as opened:
        yield opened


def sampled(build: PublishedBuild, rng: random.Random, count: int) -> list[Row]:
    """Figures drawn evenly over metrics, kinds of slice, levels and kinds of period."""
    names = [*(name.strip() for name in KEY.split(",")), "grid_level", "num", "den", "stat_value", "is_suppressed"]
    rows = [dict(zip(names, row, strict=True)) for row in build.rows(
        f"select {', '.join(names)} from marts.fct_metric_value where basis = 'as_was' order by all")]  # fmt: skip
    strata: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if row["metric_id"] in READINGS:
            strata.setdefault((row["metric_id"], row["slice_kind"], row["grid_level"], row["period_kind"]), []).append(row)
    return _even(strata, rng, count)


def _even(strata: dict[tuple[Any, ...], list[Row]], rng: random.Random, count: int) -> list[Row]:
    drawn: list[Row] = []
    order = sorted(strata, key=str)
    while len(drawn) < count:
        rng.shuffle(order)
        drawn += [rng.choice(strata[key]) for key in order]
    return drawn[:count]


def name_of(row: Row) -> FigureName:
    period = Window(row["period_kind"], row["period_start"], row["period_end"])
    return FigureName(row["metric_id"], row["grid_code"], str(period), row["slice_kind"], row["slice_code"])


def recomputed(figure: Row, cases: list[Row], records: Records, as_of: dict[str, dt.datetime]) -> tuple[int, int, list[int]]:
    """(numerator, denominator, minutes) from the source records of the cases alone; each must belong to the figure."""
    when, belongs, is_above = READINGS[figure["metric_id"]]
    first = dt.datetime.combine(figure["period_start"], dt.time())
    end = dt.datetime.combine(figure["period_end"], dt.time()) + DAY - dt.timedelta(microseconds=1)
    num, minutes = 0, []
    for case in cases:
        row = {**records.of(case["source_file"], case["source_record_no"])}
        row["_as_of"] = as_of[row["_feed"]]
        time = at(row, when)
        assert time is not None
        assert belongs(row)
        assert time <= row["_as_of"]
        assert figure["metric_id"] == "M44" or first <= time <= end
        if figure["slice_kind"] in SLICED:
            assert SLICED[figure["slice_kind"]](row) == figure["slice_code"]
        num += is_above(row, min(end, row["_as_of"]))
        if figure["metric_id"] == "M48":
            minutes.append(int((at(row, "closed") - at(row, "registered")).total_seconds() // 60))
    return num, len(cases), minutes


def test_200_random_figures_recomputed_from_their_source_records(build: PublishedBuild, tiny_city: TinyCity) -> None:
    records, as_of = Records(tiny_city.home), dict(build.rows("select feed, as_of from marts.dim_feed"))
    parent = dict(build.rows("select grid_code, parent_code from marts.dim_grid"))
    root = build.rows("select root_code from marts.build_info")[0][0]
    seen: Counter[str] = Counter()
    for figure in sampled(build, random.Random(20260630), 2 * FIGURES):
        if sum(seen.values()) == FIGURES:
            break
        traced = find_figure(build, name_of(figure))
        cases = list(pages(build, traced))
        if {case["event_kind"] for case in cases} - set(TIMES):
            continue  # a bureau whose columns nobody reads here yet; another figure is drawn
        if figure["is_suppressed"]:
            assert not cases
            assert traced.value_text == "*"
            seen["hidden"] += 1
            continue
        num, den, minutes = recomputed(figure, cases, records, as_of)
        assert len({case["event_id"] for case in cases}) == len(cases)
        for case in cases:
            area = case["grid_code"]
            while area not in (figure["grid_code"], None) and figure["grid_code"] != root:
                area = parent[area]
            assert area is not None, f"{case['event_id']} does not lie in {figure['grid_code']}"
        if traced.metric.family == "median":
            assert den == figure["den"]
            assert statistics.median(minutes) / 1440 == pytest.approx(figure["stat_value"], abs=1e-9)
        else:
            assert num == figure["num"], name_of(figure)
            if traced.metric.family == "ratio" and not traced.metric.population:
                assert den == figure["den"], name_of(figure)
        seen[figure["metric_id"]] += 1
    assert sum(seen.values()) == FIGURES
    assert set(seen) >= set(READINGS), "every metric with a reading was drawn"
    assert seen["hidden"] < FIGURES / 2


def test_every_metric_adds_up_to_what_is_published(build: PublishedBuild) -> None:
    rng, metrics = random.Random(5), {}
    for row in build.rows(f"select distinct on (metric_id, slice_kind) {KEY} from marts.fct_metric_value where basis = 'as_was' "
                          f"and not is_suppressed order by metric_id, slice_kind, hash(slice_code || grid_code || period_end || {rng.random()})"):  # fmt: skip
        named = dict(zip((name.strip() for name in KEY.split(",")), row, strict=True))
        found = trace(build, name_of(named))
        assert found.agrees, found.figure.name
        metrics[named["metric_id"]] = found
    assert set(metrics) == {row[0] for row in build.rows("select distinct metric_id from marts.fct_metric_value")}


def test_numbers_of_areas_are_counted_from_the_areas(build: PublishedBuild) -> None:
    rows = build.rows(f"select {KEY}, num from marts.fct_metric_value where metric_id = 'M30' and basis = 'as_was'")
    for *named, num in rows:
        found = trace(build, name_of(dict(zip((name.strip() for name in KEY.split(",")), named, strict=True))))
        assert found.whole is not None
        assert (found.num, found.den, sum(counted for _, counted, _ in found.whole.units)) == (num, None, num), named
    root = build.rows("select root_code from marts.build_info")[0][0]
    per_post = trace(build, asked_name("M31", cut=None, area=root, period="as_of", basis=None))
    assert per_post.whole is not None
    unfilled = whole_of(build, replace(per_post.figure, num=None, den=None))
    assert (unfilled.num, unfilled.units, unfilled.is_of_lists) == (None, (), True)
    grids = next(word for word in re.split(r"[ ;]", per_post.whole.words) if word.startswith("M30"))
    assert trace(build, parse_name(grids)).num == per_post.figure.num
    growth = grids.replace("M30", "M35")
    names = {"M30": grids, "M31": str(per_post.figure.name), "M35": growth, "M45": grids.replace("M30~grid_level=4", "M45")}
    wholes = {metric: trace(build, parse_name(name)).whole for metric, name in names.items()}
    assert {metric for metric, whole in wholes.items() if whole and whole.is_of_lists} == {"M30", "M31", "M35"}


def test_the_command_prints_a_figure_its_cases_and_refuses_what_it_does_not_know(tiny_city: TinyCity, tmp_path: Path) -> None:
    home, path = ["--home", str(tiny_city.home)], tmp_path / "cases.csv"
    done = citybrain("trace", "M16", "--area", "990100", "--period", "2026-06", "--csv", str(path), *home)
    assert "as published" in done.stdout
    assert "urban_case_2026" in done.stdout
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    figure = dict(zip(("num", "den"), _published(tiny_city.home, "M16", "990100"), strict=True))
    assert (sum(row["in_numerator"] == "true" for row in rows), len(rows)) == (figure["num"], figure["den"])
    for arguments, near in ((["M166", "--area", "990100", "--period", "2026-06"], "M16"),
                            (["M16", "--area", "990100", "--period", "2026-o6"], "2026-06"),
                            (["M16", "--area", "云湾", "--period", "2026-06"], "云湾市")):  # fmt: skip
        refused = citybrain("trace", *arguments, *home, check=False)
        assert refused.returncode == 2
        assert near in refused.stderr
    assert citybrain("diff", "M16", "--area", "990100", "--period", "2026-06", *home, check=False).returncode == 2, (
        "one build only"
    )


def _published(home: Path, metric: str, area: str) -> tuple[int, int]:
    with open_published(home) as opened:
        found: tuple[int, int] = opened.rows(
            "select num, den from marts.fct_metric_value where metric_id = ? and grid_code = ? and slice_kind = 'all' "
            "and period_kind = 'month' and period_start = '2026-06-01'", [metric, area])[0]  # fmt: skip
    return found


# ---- Changes ------------------------------------------------------------------------------------------------------


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_200_random_changes_over_30_days_with_retractions_late_files_and_new_codes(tmp_path: Path) -> None:
    rng, steps, checked = random.Random(30), Counter[str](), 0

    def look(place: Any, number: int) -> None:
        nonlocal checked
        kept = publish.builds(place.home)
        for earlier in (1, min(4, len(kept) - 1)):
            with open_pair(place.home.root, kept[earlier], kept[0], tmp_path / "spill") as pair:
                names = changed(pair, rng, PROVEN_CHANGES // PROVEN_DAYS + 1)
                if number == RECODED_ON:  # few figures are about these codes: a draw may miss them all
                    of_code = {("category", recoded()[0]["canonical_code"])}
                    names += [name for name in changed(pair, rng, 4000) if (name.slice_kind, name.slice_code) in of_code][:10]
                for name in names:
                    steps.update(check_change(pair, name))
                    checked += 1

    bring_through(tmp_path, PROVEN_DAYS, disturb, look)
    assert checked >= PROVEN_CHANGES
    assert {"new", "late", "progress", "time", "corrected", "retracted", "reclassified", "withdrawn"} <= set(steps), steps
