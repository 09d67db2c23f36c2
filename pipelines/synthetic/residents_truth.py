"""How many residents stand below the line of a rate, on the map of each year and on the last one.

Belongs here: our own reading of the lists, and of what becomes of them when areas change. Does not: the lists (regrid).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter

import polars as pl

from pipelines.synthetic.regrid import Regrid

GRID = 4
KINDS = ["usual", "registered", "floating", "households"]


def residents_of(regrid: Regrid) -> dict[str, pl.DataFrame]:
    """Per basis: area_code, year and `KINDS`, one row per area and year in which anything is known of it by then."""
    listed = regrid.population()
    today = _today(listed, regrid)
    years = pl.DataFrame({"year": range(listed["year"].min(), listed["year"].max() + 1)})  # type: ignore[arg-type, operator]
    latest = {}
    for basis, rows in (("as_was", listed), ("restated", today)):
        held = rows.join(years, how="cross").filter(pl.col("year") <= pl.col("year_right"))
        latest[basis] = held.sort("year").group_by("area_code", "year_right").last().select(
            "area_code", *KINDS, year="year_right"
        )  # fmt: skip
    # An area that nobody has counted yet has what the areas it came from had.
    fresh = latest["restated"].join(latest["as_was"], on=["area_code", "year"], how="anti")
    return {"as_was": pl.concat([latest["as_was"], fresh]), "restated": latest["restated"]}


def _today(listed: pl.DataFrame, regrid: Regrid) -> pl.DataFrame:
    """The lists on the last map: whole persons, largest remainders first."""
    if regrid.links.is_empty():
        return listed
    links = regrid.links.select(area_code="old", new="new", weight="weight", on="on")
    joined = listed.join(links, on="area_code", how="left")
    before = pl.date("year", 12, 31) < pl.col("on")
    stays = joined.filter(~before.fill_null(value=False)).select("area_code", "year", *KINDS).unique()
    moved = joined.filter(before)
    parts = []
    for kind in KINDS:
        exact = pl.col(kind) * pl.col("weight")
        whole = (exact + 1e-6).floor()
        parts.append(
            moved.with_columns(_whole=whole.cast(pl.Int64), _rest=exact - whole)
            .sort("area_code", "year", pl.col("_rest").neg(), "new")
            .with_columns(
                _rank=pl.int_range(pl.len()).over("area_code", "year"),
                _missing=pl.col(kind) - pl.col("_whole").sum().over("area_code", "year"),
            )
            .select(
                "area_code", "year", "new",
                (pl.col("_whole") + (pl.col("_rank") < pl.col("_missing")).cast(pl.Int64)).alias(kind),
            )
        )  # fmt: skip
    shared = parts[0]
    for part in parts[1:]:
        shared = shared.join(part, on=["area_code", "year", "new"])
    came = shared.select(pl.col("new").alias("area_code"), "year", *KINDS)
    return pl.concat([stays, came]).group_by("area_code", "year").agg(pl.col(KINDS).sum())


def grids_of(regrid: Regrid, today: dt.date) -> dict[str, pl.DataFrame]:
    """Per basis: area_code, period_end, grids: those valid in the area when a month ends, or today while it lasts."""
    first = regrid.versions["valid_from"].filter(regrid.versions["valid_from"] > dt.date(2000, 1, 1)).min() or today
    assert isinstance(first, dt.date)
    months = pl.date_range(dt.date(min(first.year, today.year - 3), 1, 1), today, "1mo", eager=True).dt.month_end()
    told: dict[str, list[tuple[str, dt.date, int]]] = {"as_was": [], "restated": []}
    for end in months:
        for basis, day in (("as_was", min(end, today)), ("restated", today)):
            told[basis] += [(area, end, count) for area, count in _grids_on(regrid, day).items()]
    schema = {"area_code": pl.String, "period_end": pl.Date, "grids": pl.Int64}
    return {basis: pl.DataFrame(rows, schema=schema, orient="row") for basis, rows in told.items()}


def _grids_on(regrid: Regrid, day: dt.date) -> Counter[str]:
    """How many grids lie in each area on a day."""
    valid = regrid.versions.filter((pl.col("valid_from") <= day) & (pl.col("valid_to") > day))
    parent = dict(valid.select("code", "parent_code").iter_rows())
    found: Counter[str] = Counter()
    for code in valid.filter(pl.col("level") == GRID)["code"]:
        up = code
        while up:
            found[up] += 1
            up = parent[up]
    return found
