"""Hot spots: areas around which more cases of one kind were reported than elsewhere in the city.

Belongs here: who is whose neighbour, Getis and Ord's Gi* in closed form, the rate of false discoveries, rates drawn towards the
city's, all on frames. Does not: reading or writing tables (the dbt model `int_hot_spot` calls us), which cases count
(`int_hot_spot_count`), how much of it is shown (`fct_hot_spot`).

The rule, for one kind of event. x is the number of cases per area, S its standard deviation, N(i) area i and its neighbours,
k of n areas in all. Gi* = (sum of x over N(i) - k mean(x)) / (S sqrt(k (n - k) / (n - 1))), of mean 0 and variance 1 where
cases lie without regard to neighbourhood (Ord and Getis 1995). Counts are skewed, and a sum of nine of them still is: by the
normal distribution, maps of pure chance have hot spots in most cases (a test counts them). So p, the chance of more than that,
is of Pearson's distribution of type III with the skewness that a sum of k of these n counts has. Of all areas of the
kind, Benjamini and Hochberg's q says what share of those called hot at it is called so by chance. A hot spot has a q within
the limit, and enough cases of its own: a quiet area beside a busy one is none, and a few cases say nothing about a place.

Gi* contrasts numbers of cases, so it also finds where many people live. The rate per 1,000 households beside it says which it
is; small areas' rates are drawn towards the city's as far as chance would scatter them (Marshall 1991).

Neighbours, in order of preference, one kind for a whole map: `contiguity` where outlines touch, corners included (queen);
`nearest` where areas are known by points; `shared_parent`, all areas of one parent, which is a contrast of communities
more than one of places.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl
import shapely
from scipy.special import gammaincc, ndtr

from pipelines.core.errors import ConfigurationError

CONTIGUITY, NEAREST, SHARED_PARENT = "contiguity", "nearest", "shared_parent"
#: Outlines drawn one by one miss each other by a rounding: up to about a tenth of a metre they touch.
TOUCHES_DEGREES = 1e-6
#: z, p and q are cut here before they are judged, so that the last bits of a machine's logarithms decide nothing.
DIGITS = 9
#: Below this skewness type III is the normal distribution, to more digits than are kept.
NO_SKEWNESS, LEAST_FOR_SKEWNESS = 1e-4, 3
SCHEMA = {
    "grid_code": pl.String, "event_kind": pl.String, "cases_n": pl.Int64, "neighbours": pl.String, "neighbours_n": pl.Int64,
    "z": pl.Float64, "p": pl.Float64, "q": pl.Float64, "is_hot": pl.Boolean, "eb_rate_per_1000": pl.Float64,
    "is_weighted": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HotSpotRule:
    """The numbers of the rule, rows `hot_spot_<name>` of ref_threshold.

    `least_cases` an area needs of its own; `max_q` false discoveries; `nearest` neighbours by points; below `least_areas`
    there is no normal distribution to compare with; `least_drawn` is the share of areas that must have an outline (or a
    point) for neighbours to be told by it.
    """

    least_cases: float
    max_q: float
    nearest: float
    least_areas: float
    least_drawn: float


def rule_of(thresholds: pl.DataFrame) -> HotSpotRule:
    """The rule in force: of threshold_id, value, valid_to the rows without an end.

    Raises:
        ConfigurationError: one is missing.
    """
    in_force = thresholds.filter(pl.col("valid_to").cast(pl.String).str.starts_with("9999-12-31"))
    known = dict(in_force.select("threshold_id", "value").iter_rows())
    try:
        return HotSpotRule(**{f.name: float(known[f"hot_spot_{f.name}"]) for f in fields(HotSpotRule)})
    except KeyError as missing:
        raise ConfigurationError(
            f"the threshold {missing} is not in force", where="seeds/ref_threshold.csv", remedy="add its row"
        ) from missing


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Whose cases are looked at together: area i with those of set `set_of[i]`; `members` are pairs of set and area.

    By outlines and points every area has a set of its own; by parents, siblings share one.
    """

    kind: str
    set_of: np.ndarray
    members: np.ndarray

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Of each area's set the sum of `values`. Exact for whole numbers below 2^53, whatever the order of members."""
        of_sets = np.bincount(self.members[:, 0], weights=values[self.members[:, 1]], minlength=len(values))
        found: np.ndarray = of_sets[self.set_of]
        return found


def hot_spots(counts: pl.DataFrame, areas: pl.DataFrame, rule: HotSpotRule) -> pl.DataFrame:
    """Gi* of every area and kind of event.

    Args:
        counts: one row per area and kind that has cases: grid_code, event_kind, cases_n, weighted_n (how many of them were
            placed by shares). Areas that `areas` does not have are left out.
        areas: one row per area of the map, none inside another: grid_code, parent_code, geom_wkt (longitude first, or
            null), households (or null).
        rule: the numbers of the rule.

    Returns:
        SCHEMA, one row per area and kind of `least_cases` and more, in the order of both; the other areas take part and are
        not told. No row where the map has too few areas. z, p, q are null where they say nothing: a kind that is spread
        evenly, an area whose neighbours are the whole map. An area without neighbours is contrasted by itself.

    Raises:
        ConfigurationError: an outline is no readable WKT.
    """
    mapped, neighbours = neighbours_of(areas, rule)
    parts = [pl.DataFrame(schema=SCHEMA)]
    if mapped.height < rule.least_areas:
        return parts[0]
    around = neighbours.sums(np.ones(mapped.height)).astype(np.int64)
    homes = mapped.get_column("households").cast(pl.Float64).to_numpy()
    for kind in sorted(counts.get_column("event_kind").unique()):
        told = counts.filter(pl.col("event_kind") == kind).select("grid_code", "cases_n", "weighted_n")
        row = mapped.select("grid_code").join(told, on="grid_code", how="left", maintain_order="left")
        cases = row.get_column("cases_n").fill_null(0).cast(pl.Int64).to_numpy()
        z = gi_star(cases, neighbours).round(DIGITS)
        p = chance_of_more(z, cases, neighbours).round(DIGITS)
        q = benjamini_hochberg(p).round(DIGITS)
        part = row.select(
            "grid_code", event_kind=pl.lit(kind), cases_n=pl.Series(cases), neighbours=pl.lit(neighbours.kind),
            neighbours_n=pl.Series(around - 1), z=pl.Series(z), p=pl.Series(p), q=pl.Series(q),
            is_hot=pl.Series(q <= rule.max_q),
            eb_rate_per_1000=pl.Series(eb_rates(cases, homes)), is_weighted=pl.col("weighted_n").fill_null(0) > 0,
        )  # fmt: skip
        told_of = part.filter(pl.col("cases_n") >= rule.least_cases).cast(SCHEMA)  # type: ignore[arg-type]
        parts.append(told_of.with_columns(pl.col(pl.Float64).fill_nan(None)))
    return pl.concat(parts).sort("grid_code", "event_kind")


def neighbours_of(areas: pl.DataFrame, rule: HotSpotRule) -> tuple[pl.DataFrame, Neighbours]:
    """The areas that take part, in the order of their codes, and who neighbours whom: everyone neighbours itself.

    By outlines and points, areas that have none take no part: nobody knows what lies around them.
    """
    ordered = areas.sort("grid_code")
    shapes = _shapes(ordered)
    # 3 is a polygon, 6 several of them, -1 no shape at all.
    types = shapely.get_type_id(shapes)
    outlined, located = np.isin(types, (3, 6)), (types >= 0) & ~shapely.is_empty(shapes)
    for kind, drawn, pairs_of in ((CONTIGUITY, outlined, _touching), (NEAREST, located, _nearest)):
        if drawn.any() and drawn.sum() >= rule.least_drawn * ordered.height:
            pairs = pairs_of(shapes[drawn], int(rule.nearest))
            return ordered.filter(pl.Series(drawn)), Neighbours(kind, np.arange(drawn.sum()), pairs)
    return ordered, _siblings(ordered)


def _shapes(areas: pl.DataFrame) -> np.ndarray:
    """One shape or None per area. Raises ConfigurationError for text that is no WKT."""
    texts = areas.get_column("geom_wkt").cast(pl.String).replace("", None)
    shapes: np.ndarray = shapely.from_wkt(texts.to_numpy(), on_invalid="ignore")
    broken = np.flatnonzero(shapely.is_missing(shapes) & texts.is_not_null().to_numpy())
    if broken.size:
        raise ConfigurationError(
            "the outline is no readable WKT", where=f"grid {areas.get_column('grid_code')[int(broken[0])]}",
            remedy="mend the geometry in the grid feed, or leave it empty",
        )  # fmt: skip
    return shapes


def _touching(shapes: np.ndarray, _: int) -> np.ndarray:
    """Pairs of outlines that touch or meet at a corner; every outline touches itself."""
    found: np.ndarray = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=TOUCHES_DEGREES)
    return found.T


def _nearest(shapes: np.ndarray, most: int) -> np.ndarray:
    """Pairs of each area's centre with the `most` nearest others, and with itself."""
    from scipy.spatial import cKDTree  # half a second to load, and few cities have points alone

    lon_lat = shapely.get_coordinates(shapely.centroid(shapes))
    # A degree of longitude is shorter by the cosine of the latitude; a city is small enough for one cosine.
    flat = lon_lat * [np.cos(np.radians(lon_lat[:, 1].mean())), 1.0]
    others = min(most, len(flat) - 1)
    # One more than asked for: where centres coincide, the nearest need not be the area itself.
    _, at = cKDTree(flat).query(flat, k=others + 1)
    rows = [[i, *[j for j in np.atleast_1d(near).tolist() if j != i][:others]] for i, near in enumerate(at)]
    return np.array([(row[0], j) for row in rows for j in row], dtype=np.int64).reshape(-1, 2)


def _siblings(areas: pl.DataFrame) -> Neighbours:
    """Areas of one parent are one set; an area without a parent stands alone."""
    families = areas.select(pl.coalesce("parent_code", pl.lit("itself ") + pl.col("grid_code"))).to_series()
    set_of = families.rank("dense").to_numpy().astype(np.int64) - 1
    return Neighbours(SHARED_PARENT, set_of, np.stack([set_of, np.arange(areas.height)], axis=1))


def gi_star(cases: np.ndarray, neighbours: Neighbours) -> np.ndarray:
    """Gi* of each area: standard normal where cases do not gather. NaN where it is not defined.

    Args:
        cases: whole numbers, one per area.
        neighbours: who is looked at together with whom.
    """
    areas_n, whole = len(cases), int(cases.sum())
    around, total = neighbours.sums(np.ones(areas_n)), neighbours.sums(cases)
    # Both sides of the fraction times n: whole numbers, so that an even spread is exactly none.
    spread = areas_n * int(np.square(cases).sum()) - whole**2
    scale = np.sqrt(float(spread) * around * (areas_n - around) / max(areas_n - 1, 1))
    z = np.full(areas_n, np.nan)
    np.divide(areas_n * total - whole * around, scale, out=z, where=scale > 0)
    return z


def chance_of_more(z: np.ndarray, cases: np.ndarray, neighbours: Neighbours) -> np.ndarray:
    """The p of each Gi*: how often as many areas, drawn from these without regard to place, have a sum as large.

    The sum of k of n numbers drawn without putting back has the skewness of the numbers times
    (n - 2k) sqrt(n - 1) / ((n - 2) sqrt(k (n - k))); Pearson's type III is the distribution with it, the normal at none.
    """
    areas_n, around = len(cases), neighbours.sums(np.ones(len(cases)))
    apart = cases - cases.mean()
    variance = np.square(apart).mean()
    p: np.ndarray = ndtr(-z)
    if variance == 0 or areas_n < LEAST_FOR_SKEWNESS:
        return p
    drawn = around * (areas_n - around)
    factor = np.divide(np.sqrt(areas_n - 1) * (areas_n - 2 * around), np.sqrt(drawn), out=np.zeros(areas_n), where=drawn > 0)
    skewness = (apart**3).mean() / variance**1.5 / (areas_n - 2) * factor
    skewed = np.abs(skewness) > NO_SKEWNESS
    shape = 4 / np.square(skewness[skewed])
    reach = shape + np.sign(skewness[skewed]) * np.sqrt(shape) * z[skewed]
    above = gammaincc(shape, np.maximum(reach, 0))
    p[skewed] = np.where(skewness[skewed] > 0, above, 1 - above)
    return p


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """The q of each p: the least rate of false discoveries at which it is called one. NaN stays, and is no test."""
    tested = np.flatnonzero(~np.isnan(p))
    falling = tested[np.argsort(-p[tested], kind="stable")]
    rank = np.arange(len(tested), 0, -1)
    q = np.full(len(p), np.nan)
    q[falling] = np.minimum(np.minimum.accumulate(p[falling] * len(tested) / rank), 1.0)
    return q


def eb_rates(cases: np.ndarray, homes: np.ndarray) -> np.ndarray:
    """Cases per 1,000 households, drawn towards the city's rate as far as chance would scatter it (Marshall 1991).

    Args:
        cases: whole numbers, one per area.
        homes: households, one per area; NaN or 0 where nobody knows. The rate is NaN there.
    """
    known = ~np.isnan(homes) & (homes > 0)
    rates = np.full(len(cases), np.nan)
    if not known.any():
        return rates
    n, y = homes[known], cases[known].astype(np.float64)
    city = y.sum() / n.sum()
    between = max(float((n * np.square(y / n - city)).sum() / n.sum() - city / n.mean()), 0.0)
    scatter = between + city / n
    weight = np.divide(between, scatter, out=np.zeros_like(scatter), where=scatter > 0)
    rates[known] = 1000 * (city + weight * (y / n - city))
    return rates
