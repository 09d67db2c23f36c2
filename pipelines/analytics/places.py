"""Places: which grid version an event belongs to, and how we know.

Belongs here: the ladder code, polygon, place code, name, none, on frames. Does not: reading or writing tables (the
dbt model `int_event_place` calls us), cleaning of codes (ingest: NFKC, trim, '30.0' to '30'), coordinates' datum.

The ladder, each step only for events that no earlier step placed:

1. `code`: the code sent is that of a grid valid on the event's day. Text must be equal after NFKC and trimming; we do
   not try other spellings of a number ('030' for '30'), because two grids may differ in nothing else.
2. `other_code`: the code sent held before or after that day, and leads to exactly one grid valid on it (an old code
   sent late, a new one sent early).
3. `polygon`: the point lies in a polygon valid on that day; the finest level wins, then the smallest code, so a point
   on a border always falls to the same side. A coordinate of exactly zero is a missing one; swapped coordinates were
   put right by cleaning where that is certain.
4. `place_code`: the jurisdiction's code, under the same rules as 1 and 2.
5. `name`: what was sent as code, else the community's name, else the street's name equals the name of exactly one
   grid valid on that day.

Where an event lies on today's map (`restate_places`) is told event by event, so that every sum of events is conserved
and whole: by its point, where its grid was divided and the point lies in a part; else its part is drawn from its id
with the parts' shares, the same at every build and whatever other events there are.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable

import numpy as np
import polars as pl
import shapely

from pipelines.core.errors import ConfigurationError

UNASSIGNED = "UNASSIGNED"
#: An event without a day is matched against the grids valid at the end of time, which are the current ones.
UNDATED = dt.date(9999, 12, 30)
#: How sure each step of the ladder is.
CONFIDENCE = {
    "code": "high", "other_code": "high", "polygon": "high", "place_code": "medium", "name": "low", "none": "none",
}  # fmt: skip
PLACED = ("grid_code", "grid_version_id", "grid_level")


def resolve_places(events: pl.DataFrame, grids: pl.DataFrame, aliases: pl.DataFrame | None = None) -> pl.DataFrame:
    """The grid of every event, by the ladder in this module's docstring.

    Args:
        events: one row per event: event_id, on_date (DATE), grid_code_sent, lon, lat (degrees), place_code,
            community_name, street_name. Any value may be null.
        grids: one row per version: grid_version_id, grid_code, grid_level, name_zh, name_en, geom_wkt (longitude
            first, or null), valid_from (DATE, inclusive), valid_to (DATE, exclusive).
        aliases: one row per code and version that it leads to: code_sent, grid_version_id, grid_code, grid_level,
            valid_from, valid_to, steps_n (how many changes away).

    Returns:
        One row per event in the order received: event_id, grid_code ('UNASSIGNED' without a place),
        grid_version_id and grid_level (null without a place), grid_resolution_method, geo_conf, is_outside (a point was
        sent and lies beyond the box around all areas).

    Raises:
        ConfigurationError: a polygon is no readable WKT.
    """
    rows = _prepared(events)
    versions = grids.with_columns(_text("grid_code"), _text("name_zh"), _text("name_en"))
    others = versions.clear().select(*PLACED, "valid_from", "valid_to") if aliases is None else aliases
    found: list[pl.DataFrame] = []
    rest = rows
    for method, match in LADDER:
        if rest.is_empty():
            break
        placed = match(rest, versions, others).with_columns(grid_resolution_method=pl.lit(method))
        found.append(placed)
        rest = rest.join(placed.select("_row"), on="_row", how="anti")
    return _finished(rows, found, grids).with_columns(_outside(rows, versions))


def _outside(rows: pl.DataFrame, versions: pl.DataFrame) -> pl.Series:
    """Of each event whether its point lies beyond the box around every area that has a polygon."""
    _, shapes = _polygons(versions)
    if not shapes.size:
        return pl.Series("is_outside", [False], dtype=pl.Boolean).new_from_index(0, rows.height)
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    inside = pl.col("lon").is_between(west, east) & pl.col("lat").is_between(south, north)
    return rows.select((_has_point() & ~inside).fill_null(value=False).alias("is_outside")).to_series()


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


def _by_code_sent(rest: pl.DataFrame, versions: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    return _by_code(rest, versions, "grid_code_sent")


def _by_other_code(rest: pl.DataFrame, _: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    return _by_alias(rest, aliases, "grid_code_sent")


def _by_place_code(rest: pl.DataFrame, versions: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    held = _by_code(rest, versions, "place_code")
    return pl.concat([held, _by_alias(rest.join(held.select("_row"), on="_row", how="anti"), aliases, "place_code")])


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


def _by_alias(rest: pl.DataFrame, aliases: pl.DataFrame, column: str) -> pl.DataFrame:
    """Events whose `column` is a code that leads to a grid valid on their day; the fewest changes away wins."""
    if aliases.is_empty():
        return rest.clear().select("_row", *(pl.lit(None, aliases.schema[name]).alias(name) for name in PLACED))
    wanted = rest.filter(pl.col(column).is_not_null()).select("_row", "on_date", code_sent=column)
    hits = wanted.join(aliases, on="code_sent").filter(_valid_on_day()).sort("_row", "steps_n", "grid_version_id")
    return hits.unique("_row", keep="first", maintain_order=True).select("_row", *PLACED)


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


def _has_point() -> pl.Expr:
    """Whether lon and lat are a point: in bounds, and neither exactly zero."""
    in_bounds = pl.col("lon").is_between(-180, 180) & pl.col("lat").is_between(-90, 90)
    return (in_bounds & (pl.col("lon") != 0) & (pl.col("lat") != 0)).fill_null(value=False)


def _held(shapes: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of points and of the shapes that hold them, their borders included."""
    # The tree answers by bounding box and the exact test runs on prepared polygons: a seventh of the time that the
    # tree's own test takes (63,000 points in 77 areas: 0.04 s).
    point, shape = shapely.STRtree(shapes).query(shapely.points(lon, lat))
    inside = shapely.intersects_xy(shapes[shape], lon[point], lat[point])
    return point[inside], shape[inside]


def _by_polygon(rest: pl.DataFrame, versions: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """Events whose point lies in, or on the border of, a polygon valid on their day."""
    drawn, shapes = _polygons(versions)
    given = rest.filter(_has_point()).select("_row", "on_date", "lon", "lat")
    # One test per distinct point: addresses repeat, so this is a fraction of the events.
    points = given.select("lon", "lat").unique(maintain_order=True)
    lon, lat = points.get_column("lon").to_numpy(), points.get_column("lat").to_numpy()
    point, shape = _held(shapes, lon, lat)
    held = pl.DataFrame({"_shape": shape, "lon": lon[point], "lat": lat[point]})
    areas = drawn.select(*PLACED, "valid_from", "valid_to").with_row_index("_shape").cast({"_shape": pl.Int64})
    return (
        given.join(held.join(areas, on="_shape"), on=["lon", "lat"])
        .filter(_valid_on_day())
        .sort("_row", "grid_level", "grid_code", "grid_version_id", descending=[False, True, False, False])
        .unique("_row", keep="first", maintain_order=True)
        .select("_row", *PLACED)
    )


def _by_name(rest: pl.DataFrame, versions: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
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


Step = Callable[[pl.DataFrame, pl.DataFrame, pl.DataFrame], pl.DataFrame]
#: The steps in order: each takes the events not yet placed, the grid versions and the aliases, and returns those it
#: placed.
LADDER: tuple[tuple[str, Step], ...] = (
    ("code", _by_code_sent),
    ("other_code", _by_other_code),
    ("polygon", _by_polygon),
    ("place_code", _by_place_code),
    ("name", _by_name),
)


def restate_places(places: pl.DataFrame, events: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Where every event lies on today's map.

    Args:
        places: one row per event, as `resolve_places` gives it.
        events: the same events with lon, lat.
        moves: one row per past version and area in force: grid_version_id, to_code, weight (they sum to 1 per version),
            restated_by ('weight' where there are several), geom_wkt of the area in force. Versions that are not named
            lie where they lay.

    Returns:
        `places` with restated_grid_code and restated_by: same, code_change, merge, above (ended without a successor:
        the area above it), point, weight.
    """
    one = moves.filter(pl.col("restated_by") != "weight").select("grid_version_id", one_code="to_code", one_by="restated_by")
    parts = moves.filter(pl.col("restated_by") == "weight").sort("grid_version_id", "to_code")
    divided = places.join(events.select("event_id", "lon", "lat"), on="event_id", how="left", maintain_order="left").filter(
        pl.col("grid_version_id").is_in(parts.get_column("grid_version_id").implode())
    )
    by_point = _part_by_point(divided, parts)
    drawn = _part_by_share(divided.join(by_point.select("event_id"), on="event_id", how="anti"), parts)
    restated = pl.concat([by_point, drawn])
    return (
        places.join(one, on="grid_version_id", how="left", maintain_order="left")
        .join(restated, on="event_id", how="left", maintain_order="left")
        .with_columns(
            restated_grid_code=pl.coalesce("part_code", "one_code", "grid_code"),
            restated_by=pl.coalesce("part_by", "one_by", pl.lit("same")),
        )
        .drop("part_code", "part_by", "one_code", "one_by")
    )


def _part_by_point(divided: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """event_id, part_code, part_by of the events whose point lies in a part of their own version; smallest code wins."""
    pointed = divided.filter(_has_point()).with_row_index("_point")
    drawn, shapes = _polygons(parts.rename({"to_code": "grid_code"}))
    point, shape = _held(shapes, pointed.get_column("lon").to_numpy(), pointed.get_column("lat").to_numpy())
    return (
        pl.DataFrame({"_point": point, "_shape": shape})
        .join(pointed.cast({"_point": pl.Int64}), on="_point")
        .join(
            drawn.select("grid_version_id", part_code="grid_code").with_row_index("_shape").cast({"_shape": pl.Int64}),
            on=["_shape", "grid_version_id"],
        )
        .sort("event_id", "part_code")
        .unique("event_id", keep="first", maintain_order=True)
        .select("event_id", "part_code", part_by=pl.lit("point"))
    )


def _part_by_share(divided: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """event_id, part_code, part_by of the other events: a number from the event's id falls into one part's share."""
    draw = pl.Series("_draw", [_draw(event_id) for event_id in divided.get_column("event_id").to_list()], dtype=pl.Float64)
    upto = parts.select(
        "grid_version_id", part_code="to_code", _upto=pl.col("weight").cum_sum().over("grid_version_id"),
        _is_last=pl.col("to_code") == pl.col("to_code").last().over("grid_version_id"),
    )  # fmt: skip
    return (
        divided.select("event_id", "grid_version_id")
        .with_columns(draw)
        .join(upto, on="grid_version_id")
        .filter((pl.col("_draw") < pl.col("_upto")) | pl.col("_is_last"))
        .sort("event_id", "part_code")
        .unique("event_id", keep="first", maintain_order=True)
        .select("event_id", "part_code", part_by=pl.lit("weight"))
    )


def _draw(event_id: str) -> float:
    """A number in [0, 1) that depends on the id alone; the same on every machine."""
    return int.from_bytes(hashlib.blake2b(event_id.encode(), digest_size=6).digest()) / 2**48
