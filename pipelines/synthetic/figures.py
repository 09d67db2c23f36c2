"""The figures that the register should come to, worked out in plain polars from the true events.

Belongs here: our own reading of each metric's definition. Does not: the register or its SQL.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass

import polars as pl

from pipelines.synthetic.city import City

UNASSIGNED = "UNASSIGNED"
YES = pl.lit(True)


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric: which events, at which time, over what. `population` takes residents as the denominator."""

    metric_id: str
    kinds: tuple[str, ...]
    time: str
    cohort: pl.Expr
    numerator: pl.Expr = YES
    population: bool = False
    family: str = "ratio"
    levels: tuple[int, ...] = (0, 1, 2, 3)
    periods: tuple[str, ...] = ("month", "quarter", "year", "year_to_date")
    by_kind: bool = False
    counts_all: bool = False
    numerator_by: str = ""


ALL_KINDS = ("police_incident", "urban_case", "petition", "court_case")
CIVIL = (pl.col("case_class") == "civil") & (pl.col("instance") == "first")
UNCLASSIFIED = pl.col("category_code").is_in(["9900", "UNMAPPED"])
FIGURES = (
    Figure("M01", ("police_incident",), "accepted_at", pl.col("case_class") == "administrative", population=True),
    Figure("M02", ("police_incident",), "filed_at", pl.col("case_class") == "criminal", population=True),
    Figure("M03", ("court_case",), "filed_at", CIVIL, population=True, levels=(0, 1, 2)),
    Figure("M05", ("petition",), "reported_at", YES, family="count"),
    Figure("M08", ("urban_case", "petition"), "accepted_at", YES, pl.col("closed_at").is_not_null(),
           levels=(0, 1, 2), periods=("cumulative",)),
    Figure("M10", ("urban_case",), "deadline_at", YES, pl.col("closed_at").is_not_null(), numerator_by="closed_at"),
    Figure("M16", ("urban_case",), "deadline_at", YES, pl.col("closed_at") <= pl.col("deadline_at"),
           levels=(0, 1, 2, 3, 4)),
    Figure("M48", ("urban_case",), "closed_at", pl.col("closed_at") >= pl.col("registered_at"), family="median",
           periods=("month", "quarter", "year")),
    Figure("M51", ALL_KINDS, "reported_at", YES, pl.col("grid_code") != UNASSIGNED, levels=(0,), by_kind=True,
           counts_all=True),
    Figure("M53", ALL_KINDS, "reported_at", YES, UNCLASSIFIED, levels=(0, 1, 2), by_kind=True),
)  # fmt: skip


def plain_number(column: str) -> pl.Expr:
    """A case number as cleaning leaves it: brackets in ASCII."""
    return pl.col(column).str.replace_many(["（", "）"], ["(", ")"])


def figures_of(events: pl.DataFrame, city: City, as_of: dt.datetime) -> pl.DataFrame:
    """All figures of all areas and periods up to the one that holds `as_of`."""
    ancestors = _ancestors(city)
    return pl.concat([_figure(figure, events, ancestors, city, as_of) for figure in FIGURES])


def _ancestors(city: City) -> pl.DataFrame:
    """Every area with each area it lies in, itself included: grid_code, area, level. UNASSIGNED lies in the root."""
    parent = dict(city.areas.select("code", "parent_code").iter_rows())
    level = dict(city.areas.select("code", "level").iter_rows())
    root = next(code for code, up in parent.items() if not up)
    rows = [(UNASSIGNED, UNASSIGNED, level[root] + 1), (UNASSIGNED, root, level[root])]
    for code in parent:
        up = code
        while up:
            rows.append((code, up, level[up]))
            up = parent[up]
    return pl.DataFrame(rows, schema=["grid_code", "area", "level"], orient="row")


def periods_of(kind: str, first: dt.date, last: dt.date) -> list[tuple[dt.date, dt.date]]:
    """Start and inclusive end of the periods of one kind that touch `first`..`last`."""
    months = [dt.date(y, m, 1) for y in range(first.year, last.year + 2) for m in range(1, 13)]
    step = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}.get(kind)
    if step:
        spans = [(a, b - dt.timedelta(days=1)) for a, b in itertools.pairwise(months[::step])]
    else:
        ends = [b - dt.timedelta(days=1) for b in months[1:]]
        spans = [(dt.date(end.year, 1, 1), end) for end in ends]
    return [(a, b) for a, b in spans if a <= last and b >= first]


def _figure(
    figure: Figure, events: pl.DataFrame, ancestors: pl.DataFrame, city: City, as_of: dt.datetime
) -> pl.DataFrame:
    chosen = events.filter(
        pl.col("event_kind").is_in(figure.kinds)
        & figure.cohort.fill_null(False)
        & pl.col(figure.time).is_not_null()
        & (pl.lit(figure.counts_all) | pl.col("is_counted"))
    )
    slices = [("all", "all", chosen)]
    if figure.by_kind:
        slices += [("event_kind", kind, chosen.filter(pl.col("event_kind") == kind)) for kind in figure.kinds]
    parts = []
    for slice_kind, slice_code, part in slices:
        placed = part.join(ancestors.filter(pl.col("level").is_in(figure.levels)), on="grid_code")
        for kind in figure.periods:
            told = _of_period_kind(figure, kind, placed, as_of)
            parts.append(told.with_columns(slice_kind=pl.lit(slice_kind), slice_code=pl.lit(slice_code)))
    told = pl.concat(parts)
    if figure.population:
        people = city.population.select(pl.col("area_code").alias("area"), "year", pl.col("usual").alias("residents"))
        told = (
            told.with_columns(year=pl.col("period_end").dt.year().cast(pl.Int64))
            .join(people, on=["area", "year"], how="left")
            .with_columns(den=pl.col("residents").cast(pl.Float64))
        )
    return told.select(
        pl.lit(figure.metric_id).alias("metric_id"), "slice_kind", "slice_code", pl.col("area").alias("grid_code"),
        "period_kind", "period_start", "period_end", "num", "den", "stat_value",
    ).sort(pl.all())  # fmt: skip


def _of_period_kind(figure: Figure, kind: str, placed: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Numerator, denominator or median per area and period of one kind."""
    if placed.is_empty():
        spans: list[tuple[dt.date, dt.date]] = []
    elif kind == "cumulative":
        first = placed[figure.time].min()
        assert isinstance(first, dt.datetime)
        spans = [(first.date(), as_of.date())]
    else:
        first, last = placed[figure.time].min(), placed[figure.time].max()
        assert isinstance(first, dt.datetime)
        assert isinstance(last, dt.datetime)
        spans = periods_of(kind, first.date(), min(last.date(), as_of.date()))
    schema = {"start": pl.Date, "end": pl.Date}
    frame = pl.DataFrame(spans, schema=schema, orient="row")
    day = pl.col(figure.time).dt.date()
    held = placed.join_where(frame, day >= pl.col("start"), day <= pl.col("end"))
    within = pl.col(figure.numerator_by).dt.date() <= pl.col("end") if figure.numerator_by else YES
    lasting = (pl.col("closed_at") - pl.col("registered_at")).dt.total_seconds() / 86_400
    is_median = figure.family == "median"
    return (
        held.group_by("area", "start", "end")
        .agg(
            (day.is_not_null() & figure.numerator & within).fill_null(False).sum().cast(pl.Float64).alias("num"),
            pl.len().cast(pl.Float64).alias("den"),
            (lasting.median() if is_median else pl.lit(None, pl.Float64)).alias("stat_value"),
        )
        .rename({"start": "period_start", "end": "period_end"})
        .with_columns(
            pl.lit(kind).alias("period_kind"),
            pl.lit(None, pl.Float64).alias("den") if figure.family == "count" else pl.col("den"),
        )
    )
