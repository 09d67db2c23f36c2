"""Figures of areas at the last day: how many there are, how many to a post, where complaints repeat.

Belongs here: our own reading of these entries, counted one by one. Does not: figures that are sums of events (figures).
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Iterator

import polars as pl

from pipelines.synthetic import words
from pipelines.synthetic.figures import KEYS, UNASSIGNED
from pipelines.synthetic.regrid import FOREVER, Regrid

METRICS = ("M30", "M31", "M34", "M47")
#: Days are told down to the street; grid staff work in grids.
FINEST_TOLD, GRID = 2, 4
FEBRUARY = 2
STAFF = ("grid_leader", "grid_staff")
#: Complaints of one category in one grid that make it a place of repeated complaints: so many, within so many days.
REPEATS, REPEAT_DAYS = 3, 90


def area_figures_of(events: pl.DataFrame, regrid: Regrid, posts: pl.DataFrame, as_of: dict[str, dt.datetime]) -> pl.DataFrame:
    """The rows of `METRICS`, as `figures_of` gives its own.

    Args:
        events: the true events.
        regrid: the areas and how they change.
        posts: post_id, grid_code, role, valid_from, valid_to (exclusive, NULL while filled).
        as_of: last extract of each feed.
    """
    today = max(as_of.values()).date()
    in_force = regrid.versions.filter((pl.col("valid_from") <= today) & (pl.col("valid_to") > today))
    level = dict(in_force.select("code", "level").iter_rows())
    parent = dict(in_force.select("code", "parent_code").iter_rows())

    def above(code: str) -> Iterator[str]:
        """The area itself and those above it, as far as days are told."""
        while code:
            if level[code] <= FINEST_TOLD:
                yield code
            code = parent[code]

    grids = Counter(up for code in level if level[code] == GRID for up in above(code))
    filled = posts.filter(
        pl.col("role").is_in(STAFF) & (pl.col("valid_from") <= today) & (pl.col("valid_to").fill_null(FOREVER) > today)
    )
    staff = Counter(up for code in filled["grid_code"] for up in above(_now(regrid, code, today)))
    places = Counter(up for code in _repeat_places(events, as_of) if level[code] >= GRID for up in above(code))
    rows: list[tuple[str, str, str, str, int, int | None]]
    rows = [("M31", "all", "all", area, grids[area], count) for area, count in staff.items()]
    rows += [("M47", "all", "all", area, count, None) for area, count in places.items()]
    told = pl.DataFrame(rows, schema=[*KEYS[:4], "num", "den"], orient="row", infer_schema_length=None)
    year_before = today.replace(year=today.year - 1, day=min(today.day, 28) if today.month == FEBRUARY else today.day)
    dated = [told.with_columns(period_end=pl.lit(today)), _areas_on(regrid, today), _areas_on(regrid, year_before)]
    return pl.concat(part.with_columns(pl.col("num", "den").cast(pl.Int64)) for part in dated).with_columns(
        period_kind=pl.lit("day"), period_start="period_end", stat_value=pl.lit(None, pl.Float64), basis=pl.lit("as_was"),
    )  # fmt: skip


def _areas_on(regrid: Regrid, day: dt.date) -> pl.DataFrame:
    """M30 on a day: how many areas of each level lay in each area, itself included."""
    valid = regrid.versions.filter((pl.col("valid_from") <= day) & (pl.col("valid_to") > day))
    level = dict(valid.select("code", "level").iter_rows())
    parent = dict(valid.select("code", "parent_code").iter_rows())
    found: Counter[tuple[str, str]] = Counter()
    for code, rank in level.items():
        up = code
        while up:
            if level[up] <= FINEST_TOLD:
                found[up, str(rank)] += 1
            up = parent[up]
    rows = [("M30", "grid_level", rank, area, count, None, day) for (area, rank), count in found.items()]
    return pl.DataFrame(rows, schema=[*KEYS[:4], "num", "den", "period_end"], orient="row", infer_schema_length=None)


def _now(regrid: Regrid, code: str, today: dt.date) -> str:
    """The area of the last map in which a post is that was given under `code`: of several, the one with most of it."""
    change = regrid.later.get(code)
    if change is None or change[0] > today:
        return code
    return max(change[2], key=lambda part: part[1])[0]


def _repeat_places(events: pl.DataFrame, as_of: dict[str, dt.datetime]) -> list[str]:
    """The area of each pair of area and category with many declared repeats of late."""
    known = pl.col("event_kind").replace_strict(as_of, return_dtype=pl.Datetime("us"))
    age = (known.dt.date() - pl.col("reported_at").dt.date()).dt.total_days()
    late = events.filter(
        pl.col("event_kind").is_in(["petition", "hotline_order"])
        & pl.col("is_counted")
        & pl.col("is_repeat")
        & (pl.col("grid_code") != UNASSIGNED)
        & (pl.col("reported_at") <= known)
        & (age < REPEAT_DAYS)
    )
    pairs = late.group_by("restated_grid_code", "category_code").len()
    return pairs.filter(pl.col("len") >= REPEATS)["restated_grid_code"].to_list()


def switches_of(events: pl.DataFrame, modes: pl.DataFrame, as_of: dict[str, dt.datetime]) -> pl.DataFrame:
    """M34: minutes from the start of each emergency to its first task, the median of a year and of all."""
    tasks = events.filter(
        (pl.col("event_kind") == "grid_event") & pl.col("is_counted") & (pl.col("reported_at") <= as_of["grid_event"])
    )
    took: dict[dt.date, list[int]] = {}
    for mode, since, until in modes.filter(pl.col("mode") != "peace").select("mode", "valid_from", "valid_to").iter_rows():
        inside = tasks.filter((pl.col("operating_mode") == mode) & (pl.col("reported_at") >= since))
        first = inside.filter(pl.col("reported_at") < until if until else pl.lit(value=True))["reported_at"].min()
        if isinstance(first, dt.datetime):
            took.setdefault(since.date(), []).append(int((first - since).total_seconds() // 60))
    today = max(as_of.values()).date()
    rows: list[tuple[str, dt.date | None, dt.date, list[int]]] = [
        ("year", dt.date(year, 1, 1), dt.date(year, 12, 31), [m for day, some in took.items() if day.year == year for m in some])
        for year in {day.year for day in took}
    ]
    ends = {today, *(end for end in _month_ends(today))}
    rows += [("cumulative", None, end, [m for day, some in took.items() if day <= end for m in some]) for end in ends]
    told = [
        ("M34", "all", "all", words.CITY_CODE, *row[:3], None, len(row[3]), statistics.median(row[3])) for row in rows if row[3]
    ]
    schema = {
        **dict.fromkeys(KEYS[:5], pl.String),
        "period_start": pl.Date,
        "period_end": pl.Date,
        "num": pl.Int64,
        "den": pl.Int64,
    }
    return pl.DataFrame(told, schema={**schema, "stat_value": pl.Float64}, orient="row").with_columns(basis=pl.lit("as_was"))


def _month_ends(today: dt.date) -> list[dt.date]:
    """The ends of the last thirteen months that are over."""
    first = today.replace(year=today.year - 2, day=1)
    ends = pl.date_range(first, today, "1mo", eager=True).dt.month_end().to_list()
    since = today.replace(year=today.year - 1 - (today.month == 1), month=(today.month - 2) % 12 + 1, day=1)
    return [end for end in ends if since <= end <= today]
