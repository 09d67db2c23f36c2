"""The areas of the invented city: they tile the plane, on every day of their history, and no resident is lost."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
import shapely

from pipelines.core.errors import UsageError
from pipelines.synthetic.city import COMMUNITIES_PER_STREET, GRIDS_PER_COMMUNITY, LOCAL_CODE, build_city
from pipelines.synthetic.simulation import Simulation
from pipelines.synthetic.words import MOST_GRIDS, place_names

END = dt.date(2026, 6, 30)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return Simulation(grids=60, days=200, seed=11, end=END, events_per_grid_month=60.0)


def test_areas_tile_the_plane(simulation: Simulation) -> None:
    areas = simulation.city.areas
    outline = {level: shapely.from_wkt(part["wkt"].to_numpy()) for (level,), part in areas.group_by("level")}
    zone = areas.filter(pl.col("code") == LOCAL_CODE)["wkt"].to_numpy()  # it has no streets
    assert len(zone) == 1
    outline[2] = np.concatenate([outline[2], shapely.from_wkt(zone)])
    whole = shapely.area(outline[0]).sum()
    for level in range(1, 5):
        assert shapely.is_valid(outline[level]).all()
        assert shapely.area(outline[level]).sum() == pytest.approx(whole, rel=1e-9)
        assert shapely.area(shapely.union_all(outline[level])) == pytest.approx(whole, rel=1e-9)


def test_codes_follow_the_scheme_of_five_levels(simulation: Simulation) -> None:
    areas = simulation.city.areas.filter(~pl.col("code").str.starts_with(LOCAL_CODE))
    lengths = {level: {len(code) for code in part["code"]} for (level,), part in areas.group_by("level")}
    assert lengths == {0: {6}, 1: {6}, 2: {9}, 3: {12}, 4: {15}, 5: {17}}
    below = areas.filter(pl.col("level") > 1)
    assert below.select(pl.col("code").str.starts_with(pl.col("parent_code"))).to_series().all()
    assert areas["code"].is_unique().all()
    assert areas["name_zh"].is_unique().all()
    assert simulation.city.areas.filter(pl.col("level") == 4).height == 60


def test_the_zone_of_local_codes_states_its_parents(simulation: Simulation) -> None:
    zone = simulation.city.areas.filter(pl.col("code").str.starts_with(LOCAL_CODE))
    assert set(zone["level"]) >= {1, 3, 4}
    assert 2 not in set(zone["level"])
    assert zone.filter(pl.col("level") == 1)["parent_code"].to_list() == [simulation.city.areas["code"][0]]
    assert set(zone.filter(pl.col("level") == 3)["parent_code"]) == {LOCAL_CODE}


@pytest.mark.parametrize("is_after", [False, True])
def test_every_point_lies_in_its_leaf_area_and_in_no_other(simulation: Simulation, is_after: bool) -> None:
    versions, links = simulation.regrid.versions, simulation.regrid.links
    areas = versions.filter(pl.col("valid_to").dt.year() == 9999) if is_after else simulation.city.areas
    leaves = areas.filter(~pl.col("code").is_in(areas["parent_code"].implode()))
    codes = leaves["code"].to_list()
    tree_of = shapely.STRtree(shapely.from_wkt(leaves["wkt"].to_numpy()))
    day = pl.col("_arrived_at").dt.date()
    events = simulation.sent[0].events.filter(day >= links["on"].max() if is_after else day < links["on"].min())
    assert events.height > 100
    point, leaf = tree_of.query(shapely.points(events["lon"].to_numpy(), events["lat"].to_numpy()), predicate="intersects")
    assert len(point) == events.height
    assert [codes[n] for n in leaf[np.argsort(point)]] == events["_leaf"].to_list()


def test_areas_change_in_every_way_and_no_resident_is_lost(simulation: Simulation) -> None:
    links = simulation.regrid.links
    assert set(links["kind"]) == {"code_change", "split", "merge", "boundary"}
    sums = links.group_by("old").agg(pl.col("weight").sum().round(9))
    assert set(sums["weight"]) == {1.0}
    listed = simulation.regrid.population()
    versions = simulation.regrid.versions.select("level", area_code="code")
    grids = listed.join(versions, on="area_code").filter(pl.col("level") == 4).group_by("year").agg(pl.col("usual").sum())
    root = listed.filter(pl.col("area_code") == simulation.city.areas["code"][0]).select("year", "usual")
    assert grids.sort("year").rows() == root.sort("year").rows()


def test_residents_of_an_area_are_those_of_its_parts(simulation: Simulation) -> None:
    people_of = simulation.city.population.join(
        simulation.city.areas.select(area_code="code", parent_code="parent_code"), on="area_code"
    )
    sums = people_of.group_by(area_code="parent_code", year="year").agg(pl.col("usual").sum().alias("parts"))
    joined = simulation.city.population.join(sums, on=["area_code", "year"])
    assert joined.height > 50
    assert joined.filter(pl.col("usual") != pl.col("parts")).is_empty()
    assert set(people_of["year"]) == {2024, 2025, 2026, 2027} - ({2024} if simulation.start.year > 2025 else set())


def test_the_place_names_last_for_as_many_grids_as_the_command_says() -> None:
    def named(grids: int) -> int:
        communities = max(1, round(grids / GRIDS_PER_COMMUNITY))
        return communities + max(1, round(communities / COMMUNITIES_PER_STREET))

    most = len(place_names())
    assert named(MOST_GRIDS) <= most < named(MOST_GRIDS + 1)
    with pytest.raises(UsageError, match=f"at most {MOST_GRIDS:,} grids"):
        build_city(grids=MOST_GRIDS + 1, years=range(2025, 2026), seed=1)
    largest = build_city(grids=MOST_GRIDS, years=range(2025, 2026), seed=1).areas
    assert largest.filter(pl.col("level") == 4).height == MOST_GRIDS
    assert largest["code"].is_unique().all()


def test_the_largest_city_of_the_sources_fits() -> None:
    areas = build_city(grids=4281, years=range(2025, 2027), seed=1).areas
    assert areas.filter(pl.col("level") == 4).height == 4281
    assert areas["name_zh"].is_unique().all()
