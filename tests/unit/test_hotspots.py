"""Hot spots: Gi* against the textbook, chance against drawn maps, neighbours by what a map has, and what is never hot."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.special import ndtr
from scipy.stats import false_discovery_control

from pipelines.analytics.hotspots import (
    HotSpotRule,
    benjamini_hochberg,
    chance_of_more,
    eb_rates,
    gi_star,
    hot_spots,
    neighbours_of,
    rule_of,
)  # fmt: skip
from pipelines.core.errors import ConfigurationError

SEED = Path(__file__).parents[2] / "dbt_project" / "seeds" / "ref_threshold.csv"
RULE = HotSpotRule(least_cases=10, max_q=0.05, nearest=8, least_areas=20, least_drawn=0.9)
#: Tells of areas without cases too, to see all of a map.
ALL = replace(RULE, least_cases=0)
SIZE = 0.01
AREA = {"grid_code": pl.String, "parent_code": pl.String, "geom_wkt": pl.String, "households": pl.Int64}


def square(row: int, column: int) -> str:
    x, y = 110 + column * SIZE, 30 + row * SIZE
    return f"POLYGON(({x} {y},{x + SIZE} {y},{x + SIZE} {y + SIZE},{x} {y + SIZE},{x} {y}))"


def city(side: int) -> pl.DataFrame:
    """A map of `side` x `side` squares, their codes row by row, parents of 4 x 4 squares."""
    rows = [(f"{r:02d}{c:02d}", f"{r // 4:02d}{c // 4:02d}", square(r, c), 200) for r in range(side) for c in range(side)]
    return pl.DataFrame(rows, schema=AREA, orient="row")


def counted(areas: pl.DataFrame, cases: np.ndarray, kind: str = "urban_case") -> pl.DataFrame:
    told = areas.select("grid_code", event_kind=pl.lit(kind), cases_n=pl.Series(cases, dtype=pl.Int64), weighted_n=pl.lit(0))
    return told.filter(pl.col("cases_n") > 0)


def queen(side: int) -> np.ndarray:
    """Weights by the squares' own rows and columns: 1 for itself and up to eight around it."""
    at = [(r, c) for r in range(side) for c in range(side)]
    return np.array([[max(abs(r - s), abs(c - d)) <= 1 for s, d in at] for r, c in at], dtype=float)


def textbook(x: list[int], weights: np.ndarray) -> list[float]:
    """Gi* as Ord and Getis (1995, eq. 6) write it, term by term."""
    n = len(x)
    mean = sum(x) / n
    s = math.sqrt(sum(v * v for v in x) / n - mean * mean)
    found = []
    for i in range(n):
        w = [float(v) for v in weights[i]]
        above = sum(w[j] * x[j] for j in range(n)) - mean * sum(w)
        found.append(above / (s * math.sqrt((n * sum(v * v for v in w) - sum(w) ** 2) / (n - 1))))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_gi_star_is_the_textbooks(seed: int) -> None:
    side = 6
    cases = np.random.default_rng(seed).negative_binomial(1, 0.05, side * side)
    found = hot_spots(counted(city(side), cases), city(side), ALL)
    assert found["z"].to_list() == pytest.approx(textbook(cases.tolist(), queen(side)), abs=1e-8)
    assert found["neighbours_n"].to_list() == [int(row.sum()) - 1 for row in queen(side)]
    assert set(found["neighbours"]) == {"contiguity"}


def test_a_planted_cluster_is_found_and_little_else() -> None:
    side, areas = 12, city(12)
    cases = np.random.default_rng(11).poisson(20, (side, side))
    cases[3:6, 7:10] += 25
    found = hot_spots(counted(areas, cases.ravel()), areas, RULE).filter("is_hot")["grid_code"].to_list()
    planted = {f"{r:02d}{c:02d}" for r in range(3, 6) for c in range(7, 10)}
    ring = {f"{r:02d}{c:02d}" for r in range(2, 7) for c in range(6, 11)}
    assert planted <= set(found) <= ring


SHAPES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "even": lambda rng, n: rng.poisson(20, n),
    "skewed": lambda rng, n: rng.negative_binomial(0.5, 0.5 / 20.5, n),
    "long tail": lambda rng, n: rng.poisson(np.exp(rng.normal(2.5, 1, n))),
}


def maps_with_hot_spots(draw: Callable[[np.random.Generator, int], np.ndarray], *, by_normal: bool) -> int:
    """Of 50 maps of 15 x 15 areas whose cases know no neighbourhood, how many show a hot spot."""
    rng, (_, neighbours) = np.random.default_rng(5), neighbours_of(city(15), RULE)
    found = 0
    for _ in range(50):
        cases = draw(rng, 225)
        z = gi_star(cases, neighbours)
        p = ndtr(-z) if by_normal else chance_of_more(z, cases, neighbours)
        found += bool(((benjamini_hochberg(p) <= RULE.max_q) & (cases >= RULE.least_cases)).any())
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_a_map_of_chance_has_no_hot_spots(shape: str) -> None:
    assert maps_with_hot_spots(SHAPES[shape], by_normal=False) <= 5  # 2.5 of 50 are expected at 5 %


def test_by_the_normal_distribution_it_would() -> None:
    assert maps_with_hot_spots(SHAPES["long tail"], by_normal=True) > 20


def test_without_false_discoveries_counted_many_areas_would_be_hot() -> None:
    cases = SHAPES["even"](np.random.default_rng(1), 900)
    found = hot_spots(counted(city(30), cases), city(30), RULE)
    assert found.filter(pl.col("p") < 0.05).height > 20
    assert not found["is_hot"].any()


def test_p_is_the_share_of_drawn_maps_with_more() -> None:
    areas, rng = city(8), np.random.default_rng(2)
    cases = rng.negative_binomial(1, 0.1, 64)
    _, neighbours = neighbours_of(areas, RULE)
    p = chance_of_more(gi_star(cases, neighbours), cases, neighbours)
    total = neighbours.sums(cases)
    # Corners, sides and the middle have 4, 6 and 9 areas; a sum is whole, so the chance lies between "more" and "as many".
    for at, size in ((0, 4), (3, 6), (27, 9)):
        drawn = np.array([rng.permutation(cases)[:size].sum() for _ in range(20_000)])
        assert (drawn > total[at]).mean() - 0.02 <= p[at] <= (drawn >= total[at]).mean() + 0.02
    few = cases.max() - cases
    assert chance_of_more(gi_star(few, neighbours), few, neighbours) == pytest.approx(1 - p)


@pytest.mark.parametrize("seed", range(3))
def test_q_is_scipys(seed: int) -> None:
    p = np.random.default_rng(seed).beta(0.3, 1, 200)
    assert benjamini_hochberg(p) == pytest.approx(false_discovery_control(p))
    assert np.isnan(benjamini_hochberg(np.array([np.nan, 0.02]))).tolist() == [True, False]
    assert benjamini_hochberg(np.array([np.nan, 0.02]))[1] == 0.02  # what is no test counts for none


# ---- What is never hot


def test_few_cases_are_no_hot_spot_however_busy_the_neighbours() -> None:
    cases = np.random.default_rng(3).poisson(20, (10, 10))
    cases[3:6, 3:6] += 60
    cases[4, 4] = 9
    by_all = hot_spots(counted(city(10), cases.ravel()), city(10), ALL).filter(pl.col("grid_code") == "0404")
    assert by_all["q"].item() < 0.001
    found = hot_spots(counted(city(10), cases.ravel()), city(10), RULE)
    assert found["cases_n"].min() == 10
    assert "0404" not in found["grid_code"]


@pytest.mark.parametrize("cases", [np.full(36, 20), np.zeros(36, dtype=int)])
def test_where_all_areas_are_alike_none_is_hot(cases: np.ndarray) -> None:
    cases = cases.copy()
    found = hot_spots(counted(city(6), cases), city(6), ALL)
    assert found.height == (36 if cases.any() else 0)
    assert found["z"].null_count() == found["q"].null_count() == found.height
    assert not found["is_hot"].any()


def test_a_map_of_few_areas_is_not_judged() -> None:
    few = city(5).head(19)
    assert hot_spots(counted(few, np.arange(19) ** 2), few, RULE).is_empty()


# ---- Neighbours


def test_neighbours_are_told_by_the_best_that_a_map_has() -> None:
    areas = city(6)
    points = areas.with_columns(geom_wkt=pl.Series([f"POINT({110 + n % 6 * SIZE} {30 + n // 6 * SIZE})" for n in range(36)]))
    none = areas.with_columns(geom_wkt=pl.lit(None, pl.String))
    part = pl.concat([areas.head(18), none.tail(18)])
    mixed = pl.concat([areas.head(18), points.tail(18)])
    kinds = [neighbours_of(map_, RULE)[1].kind for map_ in (areas, points, none, part, mixed)]
    assert kinds == ["contiguity", "nearest", "shared_parent", "shared_parent", "nearest"]


def test_an_area_that_nobody_drew_takes_no_part() -> None:
    areas = city(6).with_columns(geom_wkt=pl.when(pl.col("grid_code") != "0203").then("geom_wkt").otherwise(pl.lit("")))
    found = hot_spots(counted(areas, np.arange(36) + 1), areas, ALL)
    assert found.height == 35
    assert "0203" not in found["grid_code"]
    assert found.filter(pl.col("grid_code") == "0202")["neighbours_n"].item() == 7


def test_points_have_their_nearest_and_themselves() -> None:
    areas = city(6).with_columns(geom_wkt=pl.Series([f"POINT({110 + n % 6 * SIZE} {30 + n // 6 * SIZE})" for n in range(36)]))
    _, neighbours = neighbours_of(areas, RULE)
    assert neighbours.sums(np.ones(36)).tolist() == [9.0] * 36
    middle = [int(j) for i, j in neighbours.members if i == 14]
    assert sorted(middle) == [7, 8, 9, 13, 14, 15, 19, 20, 21]
    # One place for all: still eight others, and oneself.
    _, heap = neighbours_of(areas.with_columns(geom_wkt=pl.lit("POINT(110 30)")), RULE)
    assert heap.sums(np.ones(36)).tolist() == [9.0] * 36
    assert {int(i) for i, j in heap.members if i == j} == set(range(36))


def test_siblings_are_contrasted_with_the_rest() -> None:
    areas = city(8).with_columns(geom_wkt=pl.lit(None, pl.String))
    cases = np.random.default_rng(4).poisson(20, 64)
    family = areas["parent_code"].to_numpy()
    weights = (family[:, None] == family[None, :]).astype(float)
    found = hot_spots(counted(areas, cases), areas, ALL)
    assert set(found["neighbours"]) == {"shared_parent"}
    assert found["z"].to_list() == pytest.approx(textbook(cases.tolist(), weights), abs=1e-8)
    alone = areas.with_columns(parent_code=pl.lit(None, pl.String))
    assert set(hot_spots(counted(areas, cases), alone, ALL)["neighbours_n"]) == {0}
    # One parent for all: nothing lies outside to be compared with.
    one = areas.with_columns(parent_code=pl.lit("0"))
    assert hot_spots(counted(areas, cases), one, ALL)["z"].null_count() == 64


def test_an_outline_that_is_none_is_named() -> None:
    areas = city(6).with_columns(geom_wkt=pl.when(pl.col("grid_code") == "0101").then(pl.lit("POLYGON((")).otherwise("geom_wkt"))
    with pytest.raises(ConfigurationError, match="0101"):
        hot_spots(counted(areas, np.ones(36)), areas, RULE)


# ---- Rates, numbers, order, time


def test_rates_are_drawn_to_the_citys_the_more_the_smaller_an_area_is() -> None:
    cases, homes = np.array([4, 40, 400, 90, 10]), np.array([20.0, 200.0, 2000.0, 1500.0, np.nan])
    found = eb_rates(cases, homes)
    city_rate = 1000 * 534 / 3720
    drawn = np.abs(found[:3] - city_rate) / abs(200 - city_rate)  # all three had 200 per 1,000
    assert drawn[0] < drawn[1] < drawn[2] < 1
    assert np.isnan(found[4])
    assert eb_rates(np.array([2, 20, 30]), np.array([10.0, 100.0, 150.0])) == pytest.approx([200.0] * 3)
    # Marshall (1991), term by term.
    y, n = cases[:4].tolist(), homes[:4].tolist()
    m = sum(y) / sum(n)
    s2 = sum(n_ * (y_ / n_ - m) ** 2 for y_, n_ in zip(y, n, strict=True)) / sum(n)
    a = s2 - m / (sum(n) / 4)
    told = [1000 * (m + a / (a + m / n_) * (y_ / n_ - m)) for y_, n_ in zip(y, n, strict=True)]
    assert found[:4].tolist() == pytest.approx(told)


def test_the_order_of_rows_changes_nothing() -> None:
    areas, rng = city(8), np.random.default_rng(6)
    counts = pl.concat([counted(areas, rng.negative_binomial(1, 0.05, 64), kind) for kind in ("petition", "hazard")])
    first = hot_spots(counts, areas, RULE)
    again = hot_spots(counts.sample(fraction=1, shuffle=True, seed=1), areas.sample(fraction=1, shuffle=True, seed=2), RULE)
    assert_frame_equal(first, again, check_exact=True)
    assert_frame_equal(first, first.sort("grid_code", "event_kind"))


def test_the_rule_is_in_the_dated_table() -> None:
    seed = pl.read_csv(SEED)
    rule = rule_of(seed)
    assert rule.max_q == 0.05
    assert (
        rule.least_cases > seed.filter(pl.col("threshold_id") == "small_cell_max")["value"].item()
    )  # what is hot is no small cell
    over = seed.with_columns(
        valid_to=pl.when(pl.col("threshold_id") == "hot_spot_max_q").then(pl.lit("2020-01-01")).otherwise("valid_to")
    )
    with pytest.raises(ConfigurationError, match="hot_spot_max_q"):
        rule_of(over)


def test_six_thousand_grids_and_ten_feeds_take_a_moment() -> None:
    areas, rng = city(78), np.random.default_rng(8)
    counts = pl.concat([counted(areas, rng.poisson(12, areas.height), f"kind_{n}") for n in range(10)])
    began = time.perf_counter()
    assert hot_spots(counts, areas, ALL).height == areas.height * 10
    assert time.perf_counter() - began < 2  # 0.15 s on two cores
