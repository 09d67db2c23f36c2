"""Where every event lay and lies, once all rows are read: our own reading of codes, points and names on changing areas.

Belongs here: the place on the event's day, the place on the last map. Does not: other values (event_truth); nothing is
taken from the pipeline but the system names by which events are identified, which the demo's bindings state.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from functools import cache

import polars as pl
import yaml

from pipelines.core.contracts import load_contract
from pipelines.core.settings import PROJECT_ROOT
from pipelines.synthetic.feed import Feed
from pipelines.synthetic.figures import UNASSIGNED, plain_number
from pipelines.synthetic.regrid import Regrid

SAID = ("grid_code", "duty_grid_code", "qr_grid_code", "lon", "lat", "place_code", "community_name", "street_name")


def placed(feed: Feed, final: pl.DataFrame, regrid: Regrid) -> pl.DataFrame:
    """Add `_place`, `_method`, `_place_now` and `_now_by`.

    The ladder: the code if it holds on the day, else another code of the same area, else the point, else the place's code,
    else a name, else nothing.
    """
    sent = {column.name for column in load_contract(feed.name).columns} & set(final.columns)
    said = final.select(
        pl.col(feed.main_time).cast(pl.Date).alias("day"),
        pl.col("source_case_no"),
        *[(pl.col(n) if n in sent else pl.lit(None, pl.String)).alias(n) for n in SAID],
    ).with_columns(pl.coalesce("grid_code", "duty_grid_code", "qr_grid_code").alias("grid_code"))
    leaf = regrid.leaf_on(final["_leaf"], said["day"], final)
    steps = {
        "code": _held(said, "grid_code", regrid),
        "other_code": _other(said, "grid_code", regrid),
        "polygon": pl.select(pl.when(said["lon"].is_not_null() & said["lat"].is_not_null()).then(leaf)).to_series(),
        "place_code": pl.select(pl.coalesce(_held(said, "place_code", regrid), _other(said, "place_code", regrid))).to_series(),
        "name": pl.select(
            pl.coalesce([_named(said, c, regrid) for c in ("grid_code", "community_name", "street_name")])
        ).to_series(),
    }
    told = pl.DataFrame(steps)
    method = pl.coalesce([pl.when(pl.col(name).is_not_null()).then(pl.lit(name)) for name in steps])
    found = told.select(pl.coalesce(list(steps)).fill_null(UNASSIGNED).alias("place"), method.fill_null("none").alias("by"))
    asked = zip(
        found["place"].to_list(), said.select("day", "lon", "lat", plain_number("source_case_no")).iter_rows(), strict=True
    )
    now = [_now(feed, regrid, place, *row) for place, row in asked]
    return final.with_columns(
        found["place"].alias("_place"),
        found["by"].alias("_method"),
        pl.Series("_place_now", [code for code, _ in now], dtype=pl.String),
        pl.Series("_now_by", [by for _, by in now], dtype=pl.String),
    )


def _held(said: pl.DataFrame, column: str, regrid: Regrid) -> pl.Series:
    """The code where it is one of an area that stands on the day."""
    valid = regrid.versions.select(code="code", since="valid_from", until="valid_to")
    asked = said.select("day", code=column).with_row_index("at")
    held = asked.join(valid, on="code").filter((pl.col("since") <= pl.col("day")) & (pl.col("day") < pl.col("until")))
    return asked.join(held.select("at", found="code").unique("at"), on="at", how="left", maintain_order="left")["found"]


def _other(said: pl.DataFrame, column: str, regrid: Regrid) -> pl.Series:
    """The area meant by a code of before or after the day, where it can be one only."""
    late = regrid.links.filter(pl.len().over("old") == 1).select(code="old", meant="new", on="on", is_late=pl.lit(True))
    early = regrid.links.filter(pl.len().over("new") == 1).select(code="new", meant="old", on="on", is_late=pl.lit(False))
    asked = said.select("day", code=column).with_row_index("at")
    met = asked.join(pl.concat([late, early]), on="code").filter((pl.col("day") >= pl.col("on")) == pl.col("is_late"))
    return asked.join(met.select("at", "meant").unique("at"), on="at", how="left", maintain_order="left")["meant"]


def _named(said: pl.DataFrame, column: str, regrid: Regrid) -> pl.Series:
    """The only area of that name that stands on the day."""
    valid = regrid.versions.select(name="name_zh", code="code", since="valid_from", until="valid_to")
    asked = said.select("day", name=column).with_row_index("at")
    held = asked.join(valid, on="name").filter((pl.col("since") <= pl.col("day")) & (pl.col("day") < pl.col("until")))
    alone = held.filter(pl.len().over("at") == 1)
    return asked.join(alone.select("at", "code"), on="at", how="left", maintain_order="left")["code"]


def _now(
    feed: Feed, regrid: Regrid, place: str, day: dt.date, lon: float | None, lat: float | None, number: str
) -> tuple[str, str]:
    """The area of the last map, and how we know."""
    later = regrid.later.get(place)
    if later is None or day >= later[0]:
        return place, "same"
    _, kind, parts = later
    if len(parts) == 1:
        (code, _, _) = parts[0]
        if code == place:
            return place, "same"
        return code, "merge" if kind == "merge" else "code_change"
    if lon is not None and lat is not None:
        inside = [code for code, _, shape in parts if shape.intersects(regrid.point(lon, lat))]
        if inside:
            return inside[0], "point"
    drawn, upto = _draw(feed.name, number), 0.0
    for code, weight, _ in parts:
        upto += weight
        if drawn < upto:
            return code, "weight"
    return parts[-1][0], "weight"


def _draw(feed: str, number: str) -> float:
    """The number in [0, 1) that the case's id gives."""
    case = hashlib.blake2b(f"{_system(feed)}\x1f{number}".encode(), digest_size=16).hexdigest()
    return int(hashlib.blake2b(case.encode(), digest_size=6).hexdigest(), 16) / 2**48


@cache
def _system(feed: str) -> str:
    path = PROJECT_ROOT / "data" / "cities" / "demo" / "feeds" / f"{feed}.yml"
    return str(yaml.safe_load(path.read_text(encoding="utf-8"))["system"])
