"""Areas that change: 207 grids become 378, eight communities four, a county a district; a zone has a code of its own.

One hand-made city, built once: three districts named after the places of the acceptance cases, each with its own change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import build, publish
from pipelines.analytics.figures import signed_change
from pipelines.building.changes import is_regridded
from pipelines.core.settings import Home, load_settings
from pipelines.core.warehouse import PublishedBuild, open_published, writer, writer_lock
from pipelines.trace import asked_name, trace
from quality.conservation import sums_on_both_maps
from tests.integration.landed import ROOT, Landed, Row, moment, write_city

SETTINGS = replace(load_settings(), memory_limit="1GB", threads=2)
XIALU, STREET = "420204", "420204001"
BEFORE, REGRIDDED, RENAMED = "2021-01-01", dt.date(2022, 4, 1), dt.date(2022, 1, 1)
COUNTY, DISTRICT = "411626", "411603"
#: One chain of each of the five levels below the county, by what follows its prefix.
TAILS = ("", "101", "101204", "101204007", "10120400703")
ZONE, ZONE_COMMUNITY = "371102900", "371102900001"
#: Shares by residents of the eight communities in the four new ones: three lie in two of them (enclaves).
COMMUNITIES = {1: {1: 1.0}, 2: {1: 0.75, 2: 0.25}, 3: {2: 1.0}, 4: {2: 0.4, 3: 0.6}, 5: {3: 1.0}, 6: {3: 1.0},
               7: {4: 0.333333, 1: 0.666667}, 8: {4: 1.0}}  # fmt: skip
RESIDENTS = {n: 1001 + 7 * n for n in range(1, 9)}


def square(x: float, width: float) -> str:
    return f"POLYGON(({x} 30, {x + width} 30, {x + width} 31, {x} 31, {x} 30))"


def old_grids() -> list[tuple[str, str, float]]:
    """Code, community and western edge of the 207 grids."""
    codes = [(n, f"{STREET}{n % 8 + 1:03d}") for n in range(207)]
    return [(f"{community}{n // 8 + 1:03d}", community, 100 + n * 0.01) for n, community in codes]


def new_grids() -> list[tuple[str, str, str, str, float]]:
    """New code, its community, its outline, the old code and its share: 171 grids in two halves, 36 whole."""
    found = []
    for n, (old, community, west) in enumerate(old_grids()):
        home = max(COMMUNITIES[int(community[-3:])].items(), key=lambda part: part[1])[0]
        into = f"{STREET}{600 + home}"
        for half in range(2 if n < 171 else 1):
            width = 0.005 if n < 171 else 0.01
            outline = square(west + half * 0.005, width)
            found.append((f"{into}{len(found) + 1:03d}", into, outline, old, (0.6, 0.4)[half] if n < 171 else 1.0))
    return found


def register(codes: list[tuple[Any, ...]], authority: str = "国家") -> list[Row]:
    names = ("grid_code", "level", "parent_code", "geometry")
    rows = [dict(zip(names, row, strict=False)) for row in codes]
    return [{"name_zh": f"区域{row['grid_code']}", "code_authority": authority, **row} for row in rows]


def land_areas(place: Landed) -> None:
    before: list[tuple[Any, ...]] = [
        (ROOT, 0, None), (XIALU, 1, ROOT), (STREET, 2, XIALU), *((f"{STREET}{n:03d}", 3, STREET) for n in range(1, 9)),
        *((code, 4, community, square(west, 0.01)) for code, community, west in old_grids()),
        (COUNTY, 1, ROOT), *((COUNTY + tail, level, COUNTY + above) for level, (above, tail) in enumerate(pairwise(TAILS), 2)),
        ("371102", 1, ROOT), ("371102001", 2, None),
    ]  # fmt: skip
    zone = register([(ZONE, 1, ROOT), (ZONE_COMMUNITY, 3, ZONE), ("371102900002", 3, None)], "本地")
    place.land("grid", "register 2021", [*register(before), *zone], at=BEFORE)
    after = [
        *((f"{STREET}{600 + n}", 3, STREET) for n in range(1, 5)),
        *((code, 4, community, outline) for code, community, outline, _, _ in new_grids()),
        (DISTRICT, 1, ROOT), *((DISTRICT + tail, level, DISTRICT + above) for level, (above, tail) in enumerate(pairwise(TAILS), 2)),
    ]  # fmt: skip
    place.land("grid", "register 2022", register(after), at="2022-06-30")


def land_notices(place: Landed) -> None:
    merges = [
        {"notice_no": "M1", "change_kind": "合并", "effective_on": REGRIDDED, "old_codes": [f"{STREET}{old:03d}"],
         "new_codes": [f"{STREET}{600 + new}" for new in shares], "weights": [str(share) for share in shares.values()],
         "weight_basis": "人口"}
        for old, shares in COMMUNITIES.items()
    ]  # fmt: skip
    splits: dict[str, Row] = {}
    for new, _, _, old, share in new_grids():
        row = splits.setdefault(old, {
            "notice_no": "S1", "change_kind": "拆分" if share < 1 else "编码变更", "effective_on": REGRIDDED, "old_codes": [old],
            "new_codes": [], "weights": [], "weight_basis": "户数" if share < 1 else "一对一",
        })  # fmt: skip
        row["new_codes"].append(new)
        row["weights"].append(str(share))
    # The notice names the county alone: what lies below it follows.
    renamed = {"notice_no": "C1", "change_kind": "编码变更", "effective_on": RENAMED, "old_codes": [COUNTY], "new_codes": [DISTRICT],
               "source_notice": "撤县设区"}  # fmt: skip
    place.land("grid_change", "notices", [*merges, *splits.values(), renamed], at="2022-06-30")


def urban(number: str, reported: str, grid: str | None, **more: Any) -> Row:
    return {
        "source_case_no": number,
        "reported_at": moment(f"{reported}T08:00:00"),
        "grid_code": grid,
        "class_text": "井盖",
        **more,
    }


def land_cases(place: Landed) -> None:
    rows = []
    for n, (code, _, west) in enumerate(old_grids()):
        # Four cases in every grid: two tell no point, one lies in the western half and one in the eastern.
        points = ({}, {}, {"lon": west + 0.002, "lat": 30.5}, {"lon": west + 0.008, "lat": 30.5})
        rows += [urban(f"X{n}-{k}", "2021-08-10", code, **point) for k, point in enumerate(points)]
    rows += [urban(f"XN{n}", "2022-08-10", code) for n, (code, *_) in enumerate(new_grids())]
    rows += [urban(f"XC{n}", "2021-08-11", f"{STREET}{n:03d}") for n in COMMUNITIES]
    grid, micro = TAILS[3], TAILS[4]
    rows += [urban(f"H21-{n}", "2021-08-12", COUNTY + (grid if n % 2 else micro)) for n in range(30)]
    rows += [urban(f"H22-{n}", "2022-08-12", DISTRICT + (grid if n % 2 else micro)) for n in range(24)]
    rows += [urban("LATE", "2022-08-13", COUNTY + grid), urban("EARLY", "2021-08-13", DISTRICT + grid)]
    rows += [urban("OLD-GRID", "2022-08-13", old_grids()[200][0]), urban("OLD-SPLIT", "2022-08-13", old_grids()[0][0])]
    rows += [urban(f"Z{n}", "2022-08-14", ZONE_COMMUNITY) for n in range(5)]
    place.land("urban_case", "cases", rows, at="2022-12-31T23:59:59")
    # Violent crime: 17 in the county's last year, 2 in the district's first.
    violent = [("2021-08-12", COUNTY, 17), ("2022-08-12", DISTRICT, 2), ("2020-02-01", COUNTY, 1)]
    place.land("police_incident", "calls", [
        {"source_case_no": f"P{day}-{n}", "reported_at": moment(f"{day}T01:00:00"), "filed_at": moment(f"{day}T09:00:00"),
         "class_l2_code": "故意伤害", "case_nature": "刑事", "grid_code": prefix + TAILS[3]}
        for day, prefix, count in violent for n in range(count)
    ], at="2022-12-31T23:59:59")  # fmt: skip
    place.land("population", "people", [
        *({"area_code": f"{STREET}{n:03d}", "year": 2021, "usual_residents": people} for n, people in RESIDENTS.items()),
        {"area_code": COUNTY, "year": 2020, "usual_residents": 50_000},
    ], at="2021-12-31")  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Landed, build.Prepared]:
    base: Path = tmp_path_factory.mktemp("history")
    place = Landed(Home(base / "home").make(), write_city(base / "places"))
    land_areas(place)
    land_notices(place)
    land_cases(place)
    with writer_lock(place.home.warehouse):
        built = build.build(place.home, place.city, SETTINGS, moment("2022-12-31T23:59:59"))
        publish.publish(place.home, SETTINGS, built.prepared.inputs, built.prepared.mode, now=dt.datetime(2023, 1, 1))
        build.finish(built.prepared)
    return place, built.prepared


@pytest.fixture(scope="module")
def city(made: tuple[Landed, build.Prepared]) -> Iterator[PublishedBuild]:
    with open_published(made[0].home.root) as published:
        yield published


def counted(city: PublishedBuild, basis: str, month: str, *codes: str) -> dict[str, int]:
    """V01 of a month by area."""
    listed = ", ".join(f"'{code}'" for code in codes)
    rows = city.rows(
        "select grid_code, num from marts.fct_metric_value where metric_id = 'V01' and slice_kind = 'all' and period_kind = 'month' "
        f"and period_start = date '{month}' and basis = '{basis}'" + (f" and grid_code in ({listed})" if codes else "")
    )
    return {str(code): int(num) for code, num in rows}


# --- Xialu: 207 grids become 378


def test_the_number_of_grids_grows_by_four_fifths(city: PublishedBuild) -> None:
    count = "select count(*) from marts.dim_grid where path_1 = ? and grid_level = 4 and valid_from <= ? and valid_to > ?"
    then, now = (int(city.rows(count, [XIALU, day, day])[0][0]) for day in (dt.date(2021, 12, 31), dt.date(2022, 12, 31)))
    assert (then, now) == (207, 378)
    assert [signed_change(now, then, decimals).percent for decimals in (2, 1, 0)] == [
        Decimal("82.61"),
        Decimal("82.6"),
        Decimal("83"),
    ]
    shown = city.rows(
        "select num, den, value_text from marts.v_metric_display where metric_id = 'M35' and grid_code = ? and slice_code = '4' "
        "and basis = 'as_was' and period_end = date '2022-12-31'", [XIALU],
    )  # fmt: skip
    assert shown == [(378, 207, "82.61")]


def test_history_on_the_new_grids_keeps_the_total_exactly(city: PublishedBuild) -> None:
    olds, news = [code for code, *_ in old_grids()], [code for code, *_ in new_grids()]
    was, now = counted(city, "as_was", "2021-08-01", *olds), counted(city, "restated", "2021-08-01", *news)
    assert sum(was.values()) == sum(now.values()) == 4 * 207
    assert not counted(city, "restated", "2021-08-01", *olds), "areas that are no more stand on no map of today"
    for old, four in was.items():
        parts = {new: now.get(new, 0) for new, _, _, source, _ in new_grids() if source == old}
        assert (four, sum(parts.values())) == (4, 4)
        if len(parts) == 2:
            assert all(1 <= n <= 3 for n in parts.values()), "one case with a point lies in each half"


def test_cases_without_a_point_follow_the_shares(city: PublishedBuild) -> None:
    rows = city.rows(
        "select restated_by, restated_grid_code from marts.fct_event where starts_with(source_case_no, 'X') "
        "and grid_version_id in (select from_version_id from marts.bridge_grid_crosswalk where reason = 'split')"
    )
    drawn = [code for by, code in rows if by == "weight"]
    west = {new for new, _, _, _, share in new_grids() if share == 0.6}
    assert len(drawn) == 2 * 171
    # 0.6 of 342 is 205; three standard deviations of a draw are 27.
    assert abs(sum(code in west for code in drawn) - 205) < 27
    assert sum(by == "point" for by, _ in rows) == 2 * 171


def test_what_was_drawn_is_marked_and_never_shown_as_whole(city: PublishedBuild) -> None:
    new, whole = new_grids()[0][0], new_grids()[-1][0]
    shown = city.rows(
        "select grid_code, is_weighted, value_text from marts.v_metric_display where metric_id = 'V01' and slice_kind = 'all' "
        f"and period_kind = 'month' and period_start = date '2021-08-01' and basis = 'restated' and grid_code in ('{new}', '{whole}')"
    )
    told = {str(code): (bool(weighted), str(text)) for code, weighted, text in shown}
    assert told[new][0] is True
    assert told[new][1] == "*", "fewer than five persons stay hidden on every map"
    assert told[whole] == (False, "*")
    street = city.rows(
        "select count(*) from marts.fct_metric_value where basis = 'restated' and grid_code in (?, ?, ?)", [STREET, XIALU, ROOT]
    )
    assert street == [(0,)], "the street, the district and the city are the same on both maps"


# --- Xialu: eight communities become four


def test_shares_sum_to_one_for_every_old_area(city: PublishedBuild) -> None:
    sums = city.rows("select from_version_id, basis, round(sum(weight), 6) from marts.bridge_grid_crosswalk group by all")
    assert {total for *_, total in sums} == {1.0}
    ended = {str(code) for (code,) in city.rows("select grid_version_id from marts.dim_grid where valid_to <= date '2022-12-31'")}
    assert {str(version) for version, *_ in sums} == ended


def test_communities_keep_cases_and_residents(city: PublishedBuild) -> None:
    news = [f"{STREET}{600 + n}" for n in range(1, 5)]
    olds = [f"{STREET}{n:03d}" for n in COMMUNITIES]
    was, now = counted(city, "as_was", "2021-08-01", *olds), counted(city, "restated", "2021-08-01", *news)
    assert (len(was), len(now)) == (8, 4)
    assert sum(was.values()) == sum(now.values()) == 4 * 207 + 8
    people = city.rows(
        "select grid_code, value from marts.fct_population where basis = 'restated' and pop_kind = 'usual' and year = 2021 "
        f"and starts_with(grid_code, '{STREET}6')"
    )
    assert {str(code) for code, _ in people} == set(news)
    assert sum(int(value) for _, value in people) == sum(RESIDENTS.values())
    third = {str(code): int(value) for code, value in people}[f"{STREET}603"]
    assert abs(third - (0.6 * RESIDENTS[4] + RESIDENTS[5] + RESIDENTS[6])) < 1


# --- Huaiyang: the county becomes a district


def test_a_new_prefix_is_the_same_area_at_every_level(city: PublishedBuild) -> None:
    rows = city.rows(
        "select o.grid_code, n.grid_code, o.grid_id = n.grid_id, b.basis, b.weight, b.reason, b.effective_on, n.path_1 "
        "from marts.bridge_grid_crosswalk b join marts.dim_grid o on o.grid_version_id = b.from_version_id "
        "join marts.dim_grid n on n.grid_version_id = b.to_version_id where starts_with(o.grid_code, ?) order by 1",
        [COUNTY],
    )
    expected = [(COUNTY + t, DISTRICT + t, True, "one_to_one", 1.0, "code_change", RENAMED, DISTRICT) for t in sorted(TAILS)]
    assert rows == expected


def test_a_year_on_year_comparison_over_the_change_has_no_break(city: PublishedBuild) -> None:
    august = {year: counted(city, "restated", f"{year}-08-01", DISTRICT) for year in (2021, 2022)}
    assert august[2021] == {DISTRICT: 31 + 17}
    assert august[2022] == {}, "nothing differs after the change: the figure as it was is the one"
    assert counted(city, "as_was", "2022-08-01", DISTRICT) == {DISTRICT: 25 + 2}
    assert counted(city, "as_was", "2021-08-01", DISTRICT, COUNTY) == {COUNTY: 31 + 17}
    changes = city.rows(
        "select num, den, value_text, is_small_base from marts.v_metric_display where metric_id = 'M49' and basis = 'restated' "
        "and grid_code = ? and slice_kind = 'all' and period_kind = 'year' and period_start = date '2022-01-01'",
        [DISTRICT],
    )
    assert changes == [(2, 17, "-88.2", True)]


def test_residents_counted_before_the_change_are_those_of_the_district(city: PublishedBuild) -> None:
    rows = city.rows(
        "select grid_code, basis, value from marts.fct_population where year = 2020 and pop_kind = 'usual' order by 1"
    )
    assert set(rows) == {(DISTRICT, "restated", 50_000), (COUNTY, "as_was", 50_000), (ROOT, "as_was", 50_000)}


def test_codes_that_come_late_or_early_find_the_one_area_they_mean(city: PublishedBuild) -> None:
    rows = city.rows(
        "select source_case_no, grid_code, grid_resolution_method from marts.fct_event "
        "where source_case_no in ('LATE', 'EARLY', 'OLD-GRID', 'OLD-SPLIT')"
    )
    one_to_one = next(new for new, _, _, old, _ in new_grids() if old == old_grids()[200][0])
    assert set(rows) == {
        ("LATE", DISTRICT + TAILS[3], "other_code"),
        ("EARLY", COUNTY + TAILS[3], "other_code"),
        ("OLD-GRID", one_to_one, "other_code"),
        ("OLD-SPLIT", "UNASSIGNED", "none"),
    }


# --- Rizhao: a zone that no national table knows; and how deep the city is


def test_a_local_code_is_in_the_city_and_below_no_national_one(city: PublishedBuild) -> None:
    rows = city.rows(
        "select grid_code, parent_code, path_1, code_authority from marts.dim_grid where starts_with(grid_code, '371102') order by 1"
    )
    assert rows == [
        ("371102", ROOT, "371102", "national"),
        ("371102001", "371102", "371102", "national"),
        (ZONE, ROOT, ZONE, "local"),
        (ZONE_COMMUNITY, ZONE, ZONE, "local"),
        ("371102900002", ROOT, None, "local"),
    ]
    assert counted(city, "as_was", "2022-08-01", ZONE, "371102") == {ZONE: 5}
    assert counted(city, "as_was", "2022-08-01", ROOT)[ROOT] == 378 + 24 + 5 + 3 + 2


def test_depth_comes_from_the_data(city: PublishedBuild) -> None:
    rows = city.rows(
        "select path_1, max(grid_level) from marts.dim_grid where is_current and path_1 is not null group by 1 order by 1"
    )
    assert dict(rows) == {DISTRICT: 5, XIALU: 4, ZONE: 3, "371102": 2, "UNASSIGNED": 1}


# --- nothing is lost, and every figure leads to its cases


def test_no_count_is_lost_between_the_maps(city: PublishedBuild) -> None:
    ((file,),) = city.rows("select path from duckdb_databases() where path like '%.duckdb'")
    with duckdb.connect(str(file), read_only=True) as database:
        sums = sums_on_both_maps(database, [])
    assert {level for _, level, *_ in sums} >= {1, 2, 3, 4}
    assert [row for row in sums if row[3] != row[4]] == []


@pytest.mark.parametrize("area", [DISTRICT, f"{STREET}601"])
def test_a_restated_figure_leads_to_its_cases(city: PublishedBuild, area: str) -> None:
    told = trace(city, asked_name("V01", cut=None, area=area, period="2021-08", basis="restated"))
    assert told.agrees
    assert told.num == counted(city, "restated", "2021-08-01", area)[area]
    was = trace(city, asked_name("V01", cut=None, area=ROOT, period="2021-08", basis="restated"))
    assert was.agrees, "where nothing differs, the figure is the one as it was"
    assert was.num == counted(city, "as_was", "2021-08-01", ROOT)[ROOT]


@pytest.mark.parametrize(("as_of", "is_other"), [("2023-03-01", False), ("2022-07-01", False), ("2022-03-31", True)])
def test_a_change_between_two_as_of_calls_for_a_full_build(
    made: tuple[Landed, build.Prepared], as_of: str, is_other: bool
) -> None:
    """No file arrives on the day a notice takes effect, and yet all history lies elsewhere from then on."""
    place, prepared = made
    with writer(place.home.warehouse, SETTINGS) as connection:
        assert is_regridded(connection, replace(prepared.inputs, as_of=moment(f"{as_of}T00:00:00"))) is is_other
