"""When the invented city works in an emergency, and the posts of its grids: what references say.

Belongs here: periods of flood and epidemic, who holds how many posts where (no person). Does not: events in themselves.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from pipelines.synthetic import vocabulary, words
from pipelines.synthetic.city import City

#: First and last moment of each year's emergencies; a flood is one district's, an epidemic the city's.
EMERGENCIES = (
    ("flood", (7, 10, 8, 0), (7, 22, 18, 0), "district"),
    ("epidemic", (1, 5, 0, 0), (1, 25, 0, 0), "city"),
    ("other", (8, 18, 6, 0), (8, 20, 20, 0), "district"),
)
POST_ROLES = {"grid_staff": 0.9, "part_time": 0.5}
EMPLOYMENTS = {"welfare": 0.5, "contract": 0.45, "civil_service": 0.05}
#: Posts that were filled only later, and such as were given up.
LATE, LEFT = 0.1, 0.06


def emergencies(city: City, years: range) -> pl.DataFrame:
    """Every period of emergency: scope (area code), mode, from, to (exclusive)."""
    district = city.areas.filter(pl.col("level") == 1)["code"].sort()[0]
    rows = [
        (words.CITY_CODE if scope == "city" else district, mode, dt.datetime(year, *since), dt.datetime(year, *until))
        for year in years
        for mode, since, until, scope in EMERGENCIES
    ]
    return pl.DataFrame(rows, schema=["scope", "mode", "valid_from", "valid_to"], orient="row").sort("valid_from")


def with_mode(events: pl.DataFrame, city: City, *, share: float) -> pl.DataFrame:
    """`operating_mode`: of the `share` of events in an area while it works in an emergency, that mode; else peace."""
    if events.is_empty():
        return events.with_columns(pl.lit("peace").alias("operating_mode"))
    years = events["_arrived_at"].dt.year().unique().sort().to_list()
    periods = emergencies(city, range(years[0], years[-1] + 1))
    mode: pl.Expr = pl.lit("peace")
    for scope, name, since, until in periods.iter_rows():
        inside = pl.col("_arrived_at").is_between(since, until, closed="left")
        here = pl.lit(value=True) if scope == words.CITY_CODE else pl.col("_district") == scope
        mode = pl.when(inside & here & (pl.col("_emergency_draw") < share)).then(pl.lit(name)).otherwise(mode)
    return events.with_columns(mode.alias("operating_mode"))


def mode_rows(city: City, start: dt.date, end: dt.date) -> pl.DataFrame:
    """The reference as the command centre keeps it at `end`: the city at peace, and every emergency that has begun."""
    now = dt.datetime.combine(end, dt.time.max)
    begun = emergencies(city, range(start.year, end.year + 1)).filter(
        (pl.col("valid_from") <= now) & (pl.col("valid_to") > dt.datetime.combine(start, dt.time.min))
    )
    peace = pl.DataFrame(
        {"scope": [words.CITY_CODE], "mode": ["peace"], "valid_from": [dt.datetime.combine(start, dt.time.min)]},
    ).with_columns(pl.lit(None, pl.Datetime("us")).alias("valid_to"))
    known = begun.with_columns(pl.when(pl.col("valid_to") <= now).then("valid_to").alias("valid_to"))
    return pl.concat([peace.cast(begun.schema), known])


def posts(city: City, start: dt.date, end: dt.date, rng: np.random.Generator) -> pl.DataFrame:
    """Posts: post_id, grid_code, role, employment, valid_from, valid_to (exclusive, NULL while filled)."""
    grids = city.areas.filter(pl.col("level") == 4)["code"].to_list()
    communities = city.areas.filter(pl.col("level") == 3)["code"].to_list()
    wanted = [(code, role) for role, share in POST_ROLES.items() for code in grids if rng.random() < share]
    wanted += [(code, role) for code in communities for role in ("grid_leader", "police_contact")]
    days = (end - start).days + 1
    rows = []
    for number, (code, role) in enumerate(wanted, start=1):
        since = start if rng.random() >= LATE else start + dt.timedelta(days=int(rng.integers(0, days)))
        left = since + dt.timedelta(days=int(rng.integers(1, days + 1))) if rng.random() < LEFT else None
        rows.append((f"GW{number:06d}", code, role, since, left if left and left <= end else None))
    texts, dates = dict.fromkeys(("post_id", "grid_code", "role"), pl.String), dict.fromkeys(("valid_from", "valid_to"), pl.Date)
    frame = pl.DataFrame(rows, schema={**texts, **dates}, orient="row")
    kinds = vocabulary.draw(EMPLOYMENTS, frame.height, rng)
    police = pl.col("role") == "police_contact"
    return frame.with_columns(pl.when(police).then(pl.lit("civil_service")).otherwise(pl.Series(kinds)).alias("employment"))
