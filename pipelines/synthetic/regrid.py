"""Areas that change in mid-history: a district's new prefix, grids split, communities merged, a boundary moved.

Belongs here: where a point lies on which day, which codes departments still send late, residents before and after. Does
not: which areas change (regrid_plan), the city as it was first (city), what is true of events (event_truth). Every area
changes once at most, so that the truth is a step, not a walk.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
import shapely

from pipelines.synthetic.city import City

#: For so many days some departments still send the old code, for this share of the events.
LATE_DAYS, LATE = 60, 0.1
FOREVER = dt.date(9999, 12, 31)
LINKS = {"old": pl.String, "new": pl.String, "weight": pl.Float64, "on": pl.Date, "kind": pl.String}
SENT = ("grid_code", "duty_grid_code", "qr_grid_code", "place_code")


@dataclass(frozen=True)
class Regrid:
    """What changes. Empty frames where nothing does.

    links: old, new, weight, on (first day), kind: one row per old and new area, of all levels.
    notices: the rows of the notice file. new_areas: as `City.areas`, of codes that come. register_on: day of the second
    register, NULL if there is none.
    """

    city: City
    links: pl.DataFrame
    notices: pl.DataFrame
    new_areas: pl.DataFrame
    register_on: dt.date | None

    @cached_property
    def versions(self) -> pl.DataFrame:
        """Every area that ever was: `City.areas` with its last outline, valid_from and valid_to (exclusive)."""
        ends = self.links.filter(~pl.col("old").is_in(self.links["new"].implode())).select(code="old", ended="on").unique()
        begins = self.links.select(code="new", begun="on").unique()
        comes = self.new_areas.join(begins, on="code", how="left")
        same = comes.join(self.city.areas.select("code"), on="code", how="semi")
        kept = self.city.areas.join(same.select("code"), on="code", how="anti").with_columns(begun=pl.lit(None, pl.Date))
        stays = pl.col("code").is_in(same["code"].implode())
        every = pl.concat([kept, comes.with_columns(begun=pl.when(~stays).then("begun"))]).join(ends, on="code", how="left")
        valid = [
            pl.col("begun").fill_null(dt.date(1900, 1, 1)).alias("valid_from"),
            pl.col("ended").fill_null(FOREVER).alias("valid_to"),
        ]
        return every.with_columns(valid).drop("begun", "ended")

    @cached_property
    def renamed(self) -> dict[str, tuple[str, dt.date]]:
        """Old code -> the one new code it leads to, and from when."""
        single = self.links.filter(pl.len().over("old") == 1)
        return {old: (new, on) for old, new, on in single.select("old", "new", "on").iter_rows()}

    @cached_property
    def groups(self) -> list[tuple[dt.date, dict[str, shapely.Geometry], dict[str, shapely.Geometry]]]:
        """Areas that were divided: first day, old outlines and new outlines by code."""
        found = []
        divided = self.links.filter(pl.len().over("old") > 1)
        for (on, kind), part in divided.group_by("on", "kind", maintain_order=True):
            for old in part["old"].unique(maintain_order=True).to_list():
                news = part.filter(pl.col("old") == old)["new"].to_list()
                olds = [old] if kind == "split" else news
                found.append((on, self._shapes(self.city.areas, olds), self._shapes(self.new_areas, news)))
        return found

    @cached_property
    def later(self) -> dict[str, tuple[dt.date, str, list[tuple[str, float, shapely.Geometry]]]]:
        """Old code -> first day of its change, kind, and its parts in order of their codes: code, share, outline."""
        outlines = dict(self.new_areas.select("code", "wkt").iter_rows())
        found: dict[str, tuple[dt.date, str, list[tuple[str, float, shapely.Geometry]]]] = {}
        for old, new, weight, on, kind in self.links.sort("old", "new").iter_rows():
            found.setdefault(old, (on, kind, []))[2].append((new, weight, shapely.from_wkt(outlines[new])))
        return found

    @staticmethod
    def point(lon: float, lat: float) -> shapely.Point:
        """A point of the plane."""
        return shapely.Point(lon, lat)

    def _shapes(self, areas: pl.DataFrame, codes: Iterable[str]) -> dict[str, shapely.Geometry]:
        outlines = dict(areas.filter(pl.col("code").is_in(list(codes))).select("code", "wkt").iter_rows())
        return {code: shapely.from_wkt(outlines[code]) for code in codes}

    def leaf_on(self, leaf: pl.Series, days: pl.Series, events: pl.DataFrame) -> pl.Series:
        """The leaf area in which each event lies on its day; `leaf` is its leaf area on any day, `events` may have lon, lat."""
        alone = self.links.filter((pl.len().over("old") == 1) & (pl.len().over("new") == 1))
        new_of, old_of = alone.select(l="old", n="new", d="on"), alone.select(l="new", o="old", e="on")
        frame = pl.DataFrame({"l": leaf, "day": days.cast(pl.Date)})
        told = frame.join(new_of, on="l", how="left", maintain_order="left").join(
            old_of, on="l", how="left", maintain_order="left"
        )
        found = told.select(
            pl.when(pl.col("day") >= pl.col("d")).then("n").when(pl.col("day") < pl.col("e")).then("o").otherwise("l").alias("l")
        ).to_series().to_list()  # fmt: skip
        at = frame["day"].to_list()
        nowhere = np.full(frame.height, np.nan)
        x, y = (events[name].to_numpy() if name in events.columns else nowhere for name in ("lon", "lat"))
        for on, olds, news in self.groups:
            for row in [n for n, code in enumerate(found) if at[n] is not None and (code in olds or code in news)]:
                shapes = dict(sorted((news if at[row] >= on else olds).items()))
                inside = [code for code, shape in shapes.items() if shapely.intersects_xy(shape, x[row], y[row])]
                # An event without a point lies where it was, or in the first part of it.
                found[row] = inside[0] if inside else (found[row] if found[row] in shapes else next(iter(shapes)))
        return pl.Series(leaf.name, found, dtype=pl.String)

    def relocated(self, events: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        """Drawn events where they lie on their own day, with the codes that departments send then."""
        if self.links.is_empty() or "_leaf" not in events.columns:
            return events
        day = events["_arrived_at"].dt.date()
        leaf = self.leaf_on(events["_leaf"], day, events)
        since = dict(self.links.select("old", "on").iter_rows())
        begun = events["_leaf"].replace_strict(since, default=None, return_dtype=pl.Date)
        is_late = pl.Series(rng.random(events.height) < LATE) & ((day - begun).dt.total_days() < LATE_DAYS).fill_null(value=False)
        names = dict(self.versions.select("code", "name_zh").iter_rows())
        # Units keep their own codes when their areas get others.
        moved = events.with_columns(_day=day, _now=leaf, _late=is_late, _office="_street")
        for column in [c for c in (*SENT, "_community", "_street") if c in events.columns]:
            moved = moved.with_columns(self._sent(column).alias(column))
        community = pl.col("_community").replace_strict(names, default=None).fill_null(pl.col("community_name"))
        return moved.with_columns(
            pl.col("_now").alias("_leaf"),
            pl.col("_now").replace_strict(names, default=None).fill_null(pl.col("_leaf_name")).alias("_leaf_name"),
            pl.when(pl.col("community_name").is_not_null()).then(community).alias("community_name"),
        ).drop("_day", "_now", "_late")  # fmt: skip

    def _sent(self, column: str) -> pl.Expr:
        """The code that `column` shows: the new one from its day on, but the old one where it comes late."""
        news = {old: new for old, (new, _) in self.renamed.items()}
        since = {old: on for old, (_, on) in self.renamed.items()}
        new = pl.when(pl.col("_day") >= pl.col(column).replace_strict(since, default=None, return_dtype=pl.Date)).then(
            pl.col(column).replace_strict(news, default=None, return_dtype=pl.String)
        )
        told = pl.when(pl.col(column) == pl.col("_leaf")).then("_now").otherwise(pl.coalesce(new, column))
        return pl.when(pl.col("_late") & pl.lit(column in SENT)).then(column).otherwise(told)

    def population(self) -> pl.DataFrame:
        """Residents as the statistics office lists them: of each year the areas that stand at its end."""
        people = self.city.population
        if self.links.is_empty():
            return people
        kinds = ["usual", "registered", "floating", "households"]
        whole = people.join(self.links.filter(pl.len().over("old") == 1), left_on="area_code", right_on="old")
        parts = people.join(self.links.filter(pl.len().over("old") > 1), left_on="area_code", right_on="old")
        is_last = pl.col("new") == pl.col("new").max().over("area_code", "year")
        floors = parts.with_columns([(pl.col(k) * pl.col("weight") + 1e-9).floor().cast(pl.Int64).alias(f"_{k}") for k in kinds])
        shared = floors.with_columns(
            [pl.when(is_last).then(pl.col(k) - pl.col(f"_{k}").sum().over("area_code", "year") + pl.col(f"_{k}"))
             .otherwise(f"_{k}").alias(k) for k in kinds]
        )  # fmt: skip
        columns = ["new", "year", "on", *kinds]
        after = (
            pl.concat([whole.select(columns), shared.select(columns)])
            .filter(pl.date("year", 12, 31) >= pl.col("on"))
            .group_by(area_code="new", year="year", maintain_order=True)
            .agg(pl.col(kinds).sum())
        )
        on = self.links.select(area_code="old", on="on").unique()
        before = people.join(on, on="area_code", how="left").filter(
            pl.col("on").is_null() | (pl.date("year", 12, 31) < pl.col("on"))
        )  # fmt: skip
        return pl.concat([before.select(people.columns), after.select(people.columns)]).sort("area_code", "year")


def no_change(city: City) -> Regrid:
    """A city that stays as it was."""
    notices = pl.DataFrame(schema={"notice_no": pl.String})
    return Regrid(city, pl.DataFrame(schema=LINKS), notices, city.areas.clear(), None)
