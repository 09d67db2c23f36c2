"""The invented city: areas of five levels that tile the plane, residents, departments.

Belongs here: what stands still (places, people counts, units). Does not: events (events), how files look (writer).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
import shapely

from pipelines.core.errors import UsageError
from pipelines.synthetic import words

#: South-west corner (open sea: no real place can be meant) and cell size in degrees, about 330 m a side.
ORIGIN = (124.0, 30.0)
CELL = (0.0035, 0.0030)
JITTER = 0.2
#: Children per parent: grids per community (Huaiyang 4.28), communities per street; districts: root of the streets.
GRIDS_PER_COMMUNITY, COMMUNITIES_PER_STREET = 4.3, 14.0
#: The functional area: a development zone beside the districts, without streets, with a code of the city's own that only
#: looks like the others. Cities of fewer communities have none.
LOCAL_CODE, LOCAL_ZH, LOCAL_EN, LOCAL_LEAST = "990190", "云湾高新园区", "Yunwan High-tech Zone", 5
#: Residents per grid: Rizhao, about 3 million in 4,281 grids.
RESIDENTS_PER_GRID, RESIDENTS_SPREAD = 640.0, 0.35


@dataclass(frozen=True, slots=True)
class City:
    """The city. `areas`: one row per area (level 0..5); `leaves`: one row per area without children.

    areas: code, level, name_zh, name_en, parent_code, households, wkt, kind.
    leaves: code, level, name_zh, grid_code (level 4), community_code, community_name, street_code, street_name,
    district_code, weight (share of activity), and the corners x0..x3, y0..y3 (degrees).
    population: area_code, year, usual, registered, floating, households. departments: dept_id, name_zh, name_en,
    aliases (bar-separated), parent_dept_id, network, grid_level. codes: every code that an area ever has.
    """

    areas: pl.DataFrame
    leaves: pl.DataFrame
    population: pl.DataFrame
    departments: pl.DataFrame
    codes: pl.Series


def _hilbert(order: int, count: int) -> np.ndarray:
    """The first `count` cells (x, y) of the Hilbert curve over a 2^order square: neighbours in order share an edge."""
    distance = np.arange(count, dtype=np.int64)
    x, y = np.zeros(count, np.int64), np.zeros(count, np.int64)
    rest = distance.copy()
    for step in (1 << bit for bit in range(order)):
        right = (rest // 2) & 1
        up = (rest ^ right) & 1
        flip = (up == 0) & (right == 1)
        x, y = np.where(flip, step - 1 - x, x), np.where(flip, step - 1 - y, y)
        x, y = np.where(up == 0, y, x), np.where(up == 0, x, y)
        x, y = x + step * right, y + step * up
        rest //= 4
    return np.column_stack([x, y])


def _quads(grids: int, rng: np.random.Generator) -> np.ndarray:
    """Corner coordinates (grids, 4, 2) in degrees of quadrilaterals that tile: corners are shared, rounded to 1e-6."""
    order = max(1, int(np.ceil(np.log2(np.sqrt(grids)))))
    cells = _hilbert(order, grids)
    side = (1 << order) + 1
    shift = rng.uniform(-JITTER, JITTER, (side, side, 2))
    at = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), axis=-1) + shift
    vertices = np.round(np.array(ORIGIN) + at * np.array(CELL), 6)
    x, y = cells[:, 0], cells[:, 1]
    corners = [vertices[x, y], vertices[x + 1, y], vertices[x + 1, y + 1], vertices[x, y + 1]]
    return np.stack(corners, axis=1)


def _cut(count: int, parts: int, rng: np.random.Generator) -> np.ndarray:
    """Which of `parts` runs (uneven, none empty) each of `count` things in a row belongs to."""
    if parts >= count:
        return np.arange(count)
    cuts = np.sort(rng.choice(np.arange(1, count), parts - 1, replace=False))
    even = np.arange(1, parts) * count / parts
    edges = np.unique(np.concatenate([[0], np.round(0.75 * even + 0.25 * cuts).astype(int), [count]]))
    owner = np.zeros(count, np.int64)
    for number, (start, stop) in enumerate(pairwise(edges.tolist())):
        owner[start:stop] = number
    return owner


def _parts(count: int, per: float) -> int:
    return max(1, round(count / per))


def _ranks(owner: np.ndarray) -> np.ndarray:
    """Position of each child among its siblings, from 1 (owners are runs)."""
    first = np.concatenate([[True], owner[1:] != owner[:-1]])
    starts = np.flatnonzero(first)[np.cumsum(first) - 1]
    ranks: np.ndarray = np.arange(len(owner)) - starts + 1
    return ranks


def _hierarchy(grids: int, rng: np.random.Generator) -> pl.DataFrame:
    """One row per grid with codes and names of all its parents (domain coding: 6, 9, 12, 15 digits)."""
    if grids > words.MOST_GRIDS:
        raise UsageError(
            f"{grids:,} grids need more place names than we have", remedy=f"ask for at most {words.MOST_GRIDS:,} grids"
        )
    community = _cut(grids, _parts(grids, GRIDS_PER_COMMUNITY), rng)
    communities = int(community.max()) + 1
    street = _cut(communities, _parts(communities, COMMUNITIES_PER_STREET), rng)
    streets = int(street.max()) + 1
    wanted = min(round(streets**0.5), len(words.pairs(words.DISTRICTS)))
    district = _cut(streets, wanted, rng)
    names = words.place_names()
    d_code = [f"{words.CITY_CODE[:4]}{n + 2:02d}" for n in range(int(district.max()) + 1)]
    s_code = [f"{d_code[d]}{n:03d}" for d, n in zip(district, _ranks(district), strict=True)]
    c_code = [f"{s_code[s]}{n:03d}" for s, n in zip(street, _ranks(street), strict=True)]
    g_code = [f"{c_code[c]}{n:03d}" for c, n in zip(community, _ranks(community), strict=True)]
    of_street, of_district = street[community], district[street[community]]
    if communities >= LOCAL_LEAST:  # the last community is the functional area's; its parents are stated, not in its code
        c_code[-1] = f"{LOCAL_CODE}001"
        g_code = [f"{c_code[c]}{n:03d}" for c, n in zip(community, _ranks(community), strict=True)]
    d_names = words.pairs(words.DISTRICTS)
    suffix = [words.STREET_SUFFIX[0 if n % 3 else 1] for n in range(streets)]
    return (
        pl.DataFrame(
            {
                "grid_code": g_code,
                "number": _ranks(community),
                "community_code": [c_code[c] for c in community],
                "community_zh": [names[streets + c][0] + "社区" for c in community],
                "community_en": [names[streets + c][1] + " Community" for c in community],
                "street_code": [s_code[s] for s in of_street],
                "street_zh": [names[s][0] + suffix[s][0] for s in of_street],
                "street_en": [f"{names[s][1]} {suffix[s][1]}" for s in of_street],
                "district_code": [d_code[d] for d in of_district],
                "district_zh": [d_names[d][0] + "区" for d in of_district],
                "district_en": [d_names[d][1] + " District" for d in of_district],
            }
        )
        .with_columns(
            [
                pl.when(pl.col("grid_code").str.starts_with(LOCAL_CODE)).then(pl.lit(told)).otherwise(name).alias(name)
                for level in ("street", "district")
                for name, told in ((f"{level}_code", LOCAL_CODE), (f"{level}_zh", LOCAL_ZH), (f"{level}_en", LOCAL_EN))
            ]
        )
        .with_columns(
            (pl.col("community_zh") + "第" + pl.col("number").cast(pl.String).str.zfill(2) + "网格").alias("name_zh"),
            (pl.col("community_en").str.replace(" Community", "") + " Grid " + pl.col("number").cast(pl.String)).alias("name_en"),
        )
    )


def _micro(quad: np.ndarray, parts: int) -> list[np.ndarray]:
    """The quadrilateral in `parts` slices from west to east."""
    cuts = np.linspace(0.0, 1.0, parts + 1)[:, None]
    south = np.round(quad[0] + cuts * (quad[1] - quad[0]), 7)
    north = np.round(quad[3] + cuts * (quad[2] - quad[3]), 7)
    return [np.stack([south[n], south[n + 1], north[n + 1], north[n]]) for n in range(parts)]


def _leaves(grids: pl.DataFrame, quads: np.ndarray, micro_share: float, rng: np.random.Generator) -> pl.DataFrame:
    """Areas without children: grids, or their micro-grids (17-digit codes) where the grid has some."""
    parts = np.where(rng.random(grids.height) < micro_share, rng.integers(2, 5, grids.height), 1)
    index = np.repeat(np.arange(grids.height), parts)
    corners: list[np.ndarray] = []
    suffix: list[str] = []
    for row, count in enumerate(parts.tolist()):
        pieces = [quads[row]] if count == 1 else _micro(quads[row], count)
        corners += pieces
        suffix += [""] if count == 1 else [f"{n + 1:02d}" for n in range(count)]
    at = np.stack(corners)
    tail = pl.Series("tail", suffix)
    activity = rng.lognormal(0.0, 0.5, len(index)) * (1.0 / parts[index])
    parents = grids[index]
    micro_name = pl.lit("微") + pl.col("tail").str.strip_chars_start("0")
    return parents.with_columns(tail).select(
        (pl.col("grid_code") + pl.col("tail")).alias("code"),
        pl.when(pl.col("tail") == "").then(4).otherwise(5).cast(pl.Int64).alias("level"),
        pl.when(pl.col("tail") == "").then("name_zh").otherwise(pl.col("name_zh") + micro_name).alias("name_zh"),
        pl.when(pl.col("tail") == "")
        .then("name_en")
        .otherwise(pl.col("name_en") + " Micro " + pl.col("tail").str.strip_chars_start("0"))
        .alias("name_en"),
        "grid_code",
        "community_code",
        pl.col("community_zh").alias("community_name"),
        "street_code",
        pl.col("street_zh").alias("street_name"),
        "district_code",
        "district_zh",
        *[pl.Series(f"x{n}", at[:, n, 0]) for n in range(4)],
        *[pl.Series(f"y{n}", at[:, n, 1]) for n in range(4)],
        pl.Series("weight", activity / activity.sum()),
    )


def _population(grids: pl.DataFrame, years: range, rng: np.random.Generator) -> tuple[pl.DataFrame, np.ndarray]:
    """Residents by area and year, every parent the exact sum of its children; also households per grid."""
    base = np.maximum(40, rng.lognormal(np.log(RESIDENTS_PER_GRID), RESIDENTS_SPREAD, grids.height)).round()
    growth = rng.normal(1.004, 0.01, grids.height)
    frames = []
    for number, year in enumerate(years):
        usual = np.maximum(30, (base * growth**number).round()).astype(np.int64)
        frames.append(
            grids.select("grid_code", "community_code", "street_code", "district_code").with_columns(
                pl.lit(year, pl.Int64).alias("year"),
                pl.Series("usual", usual),
                pl.Series("registered", (usual * 0.82).astype(np.int64)),
                pl.Series("floating", (usual * 0.21).astype(np.int64)),
                pl.Series("households", np.maximum(1, usual // 3)),
            )
        )
    by_grid = pl.concat(frames).with_columns(pl.lit(words.CITY_CODE).alias("city_code"))
    sums = [pl.col(c).sum() for c in ("usual", "registered", "floating", "households")]
    levels = ["city_code", "district_code", "street_code", "community_code", "grid_code"]
    parts = [by_grid.group_by(level, "year", maintain_order=True).agg(sums).rename({level: "area_code"}) for level in levels]
    # An area that stands in for two levels is one area.
    return pl.concat(parts).unique(["area_code", "year"], maintain_order=True).sort("area_code", "year"), np.maximum(
        1, base.astype(np.int64) // 3
    )


def _areas(grids: pl.DataFrame, leaves: pl.DataFrame, quads: np.ndarray, households: np.ndarray) -> pl.DataFrame:
    """All areas with their outlines; a parent's outline is the union of its grids'."""
    shapes = shapely.polygons(quads)
    with_shape = grids.with_columns(
        pl.lit(words.CITY_CODE).alias("city_code"),
        pl.lit(words.CITY_ZH).alias("city_zh"),
        pl.lit(words.CITY_EN).alias("city_en"),
        pl.Series("households", households),
    )
    rows: list[tuple[str, int, str, str, str, int, str]] = []
    levels = ["city", "district", "street", "community"]
    for level, kind in enumerate(levels):
        parent = f"{levels[level - 1]}_code" if level else None
        index = with_shape.with_row_index("at").group_by(f"{kind}_code", maintain_order=True).agg(
            pl.col("at"), pl.col(f"{kind}_zh").first(), pl.col(f"{kind}_en").first(), pl.col("households").sum(),
            (pl.col(parent).first() if parent else pl.lit("")).alias("parent"),
        )  # fmt: skip
        for code, at, zh, en, homes, up in index.iter_rows():
            if code == up:  # the functional area has no streets
                continue
            rows.append((code, level, zh, en, up, homes, shapely.union_all(shapes[at]).wkt))
    for at, (code, zh, en, up) in enumerate(grids.select("grid_code", "name_zh", "name_en", "community_code").iter_rows()):
        rows.append((code, 4, zh, en, up, int(households[at]), shapes[at].wkt))
    micro = leaves.filter(pl.col("level") == 5)
    corners = np.stack([micro.select(f"x{n}", f"y{n}").to_numpy() for n in range(4)], axis=1)
    for at, (code, zh, en, up) in enumerate(micro.select("code", "name_zh", "name_en", "grid_code").iter_rows()):
        rows.append((code, 5, zh, en, up, 0, shapely.polygons(corners[at]).wkt))
    names = ["code", "level", "name_zh", "name_en", "parent_code", "households", "wkt"]
    return pl.DataFrame(rows, schema=names, orient="row")


def _departments(leaves: pl.DataFrame) -> pl.DataFrame:
    """The units that the event feeds name, with the short names they are known by."""
    rows: list[tuple[str, str, str, str, str, str, int]] = [
        ("P00", f"{words.CITY_ZH}公安局", "City Police", "市公安局|市局", "", "police", 0),
        ("C00", f"{words.CITY_ZH}中级人民法院", "Intermediate Court", "市中院|云湾中院", "", "court", 0),
    ]
    rows += [(d, zh, en, alias, "", "urban", 0) for d, zh, en, alias in words.URBAN_DEPARTMENTS]
    rows += [(d, zh, en, alias, "", network, 0) for d, zh, en, alias, network in words.OTHER_DEPARTMENTS]
    districts = leaves.unique("district_code", maintain_order=True).select("district_code", "district_zh")
    for code, zh in districts.iter_rows():
        short = zh.removesuffix("区")
        rows += [
            (
                f"P{code}",
                f"{words.CITY_ZH}公安局{short}分局",
                f"Police Bureau {code}",
                f"{short}分局",
                "P00",
                "police",
                1,
            ),
            (f"C{code}", f"{words.CITY_ZH}{zh}人民法院", f"Court {code}", f"{short}法院|{zh}法院", "C00", "court", 1),
            (f"X{code}", f"{zh}信访局", f"Petition Office {code}", f"{short}信访办", "X00", "petition", 1),
            (f"L{code}", f"{zh}劳动人事争议仲裁委员会", f"Labour Commission {code}", f"{short}仲裁委", "L00", "other", 1),
        ]
    streets = leaves.unique("street_code", maintain_order=True).select("street_code", "street_name", "district_code")
    for code, zh, district in streets.iter_rows():
        if code == district:
            rows += [
                (f"S{code}", f"{zh}管理委员会", f"Zone Office {code}", f"{zh}管委会", "", "grid", 2),
                (f"T{code}", f"{zh}人民调解委员会", f"Mediation Committee {code}", f"{zh}调委会", "X10", "justice", 2),
            ]
            continue
        bare = zh.removesuffix("街道").removesuffix("镇")
        office = f"{zh}办事处" if zh.endswith("街道") else f"{zh}人民政府"
        rows += [
            (f"P{code}", f"{bare}派出所", f"Police Station {code}", f"{bare}所", f"P{district}", "police", 2),
            (f"S{code}", office, f"Street Office {code}", f"{bare}办|{bare}街办", "", "grid", 2),
            (f"T{code}", f"{zh}人民调解委员会", f"Mediation Committee {code}", f"{zh}调委会", "X10", "justice", 2),
        ]
    communities = leaves.unique("community_code", maintain_order=True).select("community_code", "community_name")
    for code, zh in communities.iter_rows():
        rows.append((f"T{code}", f"{zh}人民调解委员会", f"Mediation Committee {code}", f"{zh}调委会", "X10", "justice", 3))
    names = ["dept_id", "name_zh", "name_en", "aliases", "parent_dept_id", "network", "grid_level"]
    return pl.DataFrame(rows, schema=names, orient="row")


def build_city(*, grids: int, years: range, seed: int, micro_share: float = 0.08) -> City:
    """A city of `grids` grids (level 4), the same for the same arguments.

    Args:
        grids: number of level-4 grids, 1 to `words.MOST_GRIDS` (place names end there).
        years: years for which residents are counted.
        seed: of all randomness.
        micro_share: share of grids that are split in 2-4 micro-grids (level 5).
    """
    if grids < 1:
        raise UsageError("a city needs at least one grid", remedy="--grids 400")
    rng = np.random.default_rng([seed, 1])
    frame = _hierarchy(grids, rng)
    quads = _quads(grids, rng)
    leaves = _leaves(frame, quads, micro_share, rng)
    population, households = _population(frame, years, rng)
    areas = _areas(frame, leaves, quads, households)
    return City(areas, leaves, population, _departments(leaves), areas["code"])
