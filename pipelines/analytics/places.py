"""Places: which grid version an event belongs to, and how we know.

Belongs here: the ladder code, polygon, place code, name, none, on frames. Does not: reading or writing tables (the
dbt model `int_event_place` calls us), cleaning of codes (ingest: NFKC, trim, '30.0' to '30'), coordinates' datum.

The ladder, each step only for events that no earlier step placed:

1. `code`: the code sent is that of a grid valid on the event's day. Text must be equal after NFKC and trimming; we do
   not try other spellings of a number ('030' for '30'), because two grids may differ in nothing else.
2. `polygon`: the point lies in a polygon valid on that day; the finest level wins, then the smallest code, so a point
   on a border always falls to the same side. A coordinate of exactly zero is a missing one; swapped coordinates are
   not swapped back.
3. `place_code`: the jurisdiction's code, under the same rule as 1.
4. `name`: what was sent as code, else the community's name, else the street's name equals the name of exactly one
   grid valid on that day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import polars as pl
import shapely

from pipelines.core.errors import ConfigurationError

UNASSIGNED = "UNASSIGNED"
#: An event without a day is matched against the grids valid at the end of time, which are the current ones.
UNDATED = dt.date(9999, 12, 30)
#: How sure each step of the ladder is.
CONFIDENCE = {"code": "high", "polygon": "high", "place_code": "medium", "name": "low", "none": "none"}
PLACED = ("grid_code", "grid_version_id", "grid_level")


def resolve_places(events: pl.DataFrame, grids: pl.DataFrame) -> pl.DataFrame:
    """The grid of every event, by the ladder in this module's docstring.

    Args:
        events: one row per event: event_id, on_date (DATE), grid_code_sent, lon, lat (degrees), place_code,
            community_name, street_name. Any value may be null.
        grids: one row per version: grid_version_id, grid_code, grid_level, name_zh, name_en, geom_wkt (longitude
            first, or null), valid_from (DATE, inclusive), valid_to (DATE, exclusive).

    Returns:
        One row per event in the order received: event_id, grid_code ('UNASSIGNED' without a place),
        grid_version_id and grid_level (null without a place), grid_resolution_method, geo_conf.

    Raises:
        ConfigurationError: a polygon is no readable WKT.
    """
    rows = _prepared(events)
    versions = grids.with_columns(_text("grid_code"), _text("name_zh"), _text("name_en"))
    found: list[pl.DataFrame] = []
    rest = rows
    for method, match in LADDER:
        if rest.is_empty():
            break
        placed = match(rest, versions).with_columns(grid_resolution_method=pl.lit(method))
        found.append(placed)
        rest = rest.join(placed.select("_row"), on="_row", how="anti")
    return _finished(rows, found, grids)


def _text(column: str) -> pl.Expr:
    """`column` as text after NFKC and trimming; null where nothing is left."""
    text = pl.col(column).cast(pl.String).str.normalize("NFKC").str.strip_chars()
    return pl.when(text != "").then(text).alias(column)


def _prepared(events: pl.DataFrame) -> pl.DataFrame:
    texts = ("grid_code_sent", "place_code", "community_name", "street_name")
    return events.select(
        pl.col("event_id"),
        pl.col("on_date").cast(pl.Date).fill_null(UNDATED),
        pl.col("lon", "lat").cast(pl.Float64),
        *[_text(name) for name in texts],
    ).with_row_index("_row")


def _finished(rows: pl.DataFrame, found: list[pl.DataFrame], grids: pl.DataFrame) -> pl.DataFrame:
    """One row per event with the step that placed it; the rest is unassigned."""
    empty = (
        rows.select("_row")
        .clear()
        .with_columns(
            pl.lit(None, pl.String).alias("grid_code"),
            pl.lit(None, grids.schema["grid_version_id"]).alias("grid_version_id"),
            pl.lit(None, grids.schema["grid_level"]).alias("grid_level"),
            pl.lit(None, pl.String).alias("grid_resolution_method"),
        )
    )
    placed = pl.concat([empty, *(frame.select(empty.columns) for frame in found)])
    return (
        rows.select("_row", "event_id")
        .join(placed, on="_row", how="left", maintain_order="left")
        .with_columns(pl.col("grid_code").fill_null(UNASSIGNED), pl.col("grid_resolution_method").fill_null("none"))
        .with_columns(
            geo_conf=pl.col("grid_resolution_method").replace_strict(CONFIDENCE, return_dtype=pl.String),
        )
        .drop("_row")
    )


def _valid_on_day() -> pl.Expr:
    return (pl.col("valid_from") <= pl.col("on_date")) & (pl.col("on_date") < pl.col("valid_to"))


def _by_code_sent(rest: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    return _by_code(rest, versions, "grid_code_sent")


def _by_place_code(rest: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    return _by_code(rest, versions, "place_code")


def _by_code(rest: pl.DataFrame, versions: pl.DataFrame, column: str) -> pl.DataFrame:
    """Events whose `column` is the code of a grid valid on their day.

    Overlapping versions of one code are a defect of the reference table; we take the one that began last, then the
    smallest version id, so that the answer does not depend on the order of rows.
    """
    dated = versions.select(*PLACED, "valid_from", "valid_to")
    wanted = rest.filter(pl.col(column).is_not_null()).select("_row", "on_date", grid_code=column)
    hits = wanted.join(dated, on="grid_code").filter(_valid_on_day())
    if hits.get_column("_row").is_duplicated().any():
        hits = hits.sort("_row", "valid_from", "grid_version_id", descending=[False, True, False])
        hits = hits.unique("_row", keep="first", maintain_order=True)
    return hits.select("_row", *PLACED)


def _polygons(versions: pl.DataFrame) -> tuple[pl.DataFrame, np.ndarray]:
    """Grid versions with a polygon, and the polygons. Raises ConfigurationError for text that is no WKT."""
    drawn = versions.filter(pl.col("geom_wkt").is_not_null() & (pl.col("geom_wkt") != ""))
    shapes: np.ndarray = shapely.from_wkt(drawn.get_column("geom_wkt").to_numpy(), on_invalid="ignore")
    broken = np.flatnonzero(shapely.is_missing(shapes))
    if broken.size:
        raise ConfigurationError(
            "the polygon is no readable WKT",
            where=f"grid {drawn.get_column('grid_code')[int(broken[0])]}",
            remedy="mend the geometry in the grid feed, or leave it empty",
        )
    shapely.prepare(shapes)
    return drawn, shapes


def _by_polygon(rest: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Events whose point lies in, or on the border of, a polygon valid on their day."""
    drawn, shapes = _polygons(versions)
    usable = pl.col("lon").is_between(-180, 180) & pl.col("lat").is_between(-90, 90)
    given = rest.filter(usable & (pl.col("lon") != 0) & (pl.col("lat") != 0)).select("_row", "on_date", "lon", "lat")
    # One test per distinct point: addresses repeat, so this is a fraction of the events.
    points = given.select("lon", "lat").unique(maintain_order=True)
    lon, lat = points.get_column("lon").to_numpy(), points.get_column("lat").to_numpy()
    # The tree answers by bounding box and the exact test runs on prepared polygons: a seventh of the time that the
    # tree's own test takes (63,000 points in 77 areas: 0.04 s).
    point, shape = shapely.STRtree(shapes).query(shapely.points(lon, lat))
    inside = shapely.intersects_xy(shapes[shape], lon[point], lat[point])
    held = pl.DataFrame({"_shape": shape[inside], "lon": lon[point[inside]], "lat": lat[point[inside]]})
    areas = drawn.select(*PLACED, "valid_from", "valid_to").with_row_index("_shape").cast({"_shape": pl.Int64})
    return (
        given.join(held.join(areas, on="_shape"), on=["lon", "lat"])
        .filter(_valid_on_day())
        .sort("_row", "grid_level", "grid_code", "grid_version_id", descending=[False, True, False, False])
        .unique("_row", keep="first", maintain_order=True)
        .select("_row", *PLACED)
    )


def _by_name(rest: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Events of which one of three texts is the name of exactly one grid valid on their day, tried in turn."""
    names = pl.concat(
        versions.select(*PLACED, "valid_from", "valid_to", name=column).drop_nulls("name") for column in ("name_zh", "name_en")
    )
    found: list[pl.DataFrame] = []
    for column in ("grid_code_sent", "community_name", "street_name"):
        wanted = rest.filter(pl.col(column).is_not_null()).select("_row", "on_date", name=column)
        # Distinct (name, day) first: a name that half the villages bear must not multiply with the events.
        unique = (
            wanted.select("name", "on_date").unique().join(names, on="name").filter(_valid_on_day())
            .unique(["name", "on_date", "grid_version_id"])
            .filter(pl.len().over("name", "on_date") == 1)
        )  # fmt: skip
        hits = wanted.join(unique, on=["name", "on_date"]).select("_row", *PLACED)
        found.append(hits)
        rest = rest.join(hits.select("_row"), on="_row", how="anti")
    return pl.concat(found)


Step = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
#: The steps in order: each takes the events not yet placed and the grid versions, and returns those it placed.
LADDER: tuple[tuple[str, Step], ...] = (
    ("code", _by_code_sent),
    ("polygon", _by_polygon),
    ("place_code", _by_place_code),
    ("name", _by_name),
)
