"""Suppression: which figures of few persons are hidden, and which others so that these cannot be worked out.

Belongs here: the rule, on frames. Does not: figures themselves, which metrics are about persons (the register), showing.

A cell (one metric, slice, area and period) of 1 to 4 persons at level 2 and finer is small. Whoever knows the figures
around it can subtract: areas from their parent, members of a slice from the whole, months from a quarter. So hiding is by
blocks. A block is a count (the same cases under whatever metric), an area and a year; its height says up to which kind of
period its figures are hidden: 0 days, 1 weeks, 28 days and what ends within a month, 2 months, 3 quarters, 4 half-years, 5 years.
A cell is hidden if its kind is at or below the height of a block it touches. The height of a block is at least

1. the kind of its coarsest small cell: with one month every month is hidden, so nothing is left to subtract;
2. the height of the same count in the area that holds it, and of the count that holds it in the same area (hidden stays
   hidden in every finer cut);
3. the height of its partner, where its parent is shown: siblings (areas of a parent, members of a slice) are paired by
   size once, for all counts and years, so four hidden cells stand in a rectangle and one can grow as another shrinks; an
   only child takes its parent with it;
4. the kind of the shown period around a small cell in which its partner has no case: a zero cannot shrink.

What is counted since ever has a block of its own, year 0, hidden where a whole year is. It also is, less the years before,
a year to date: so it touches the block of its last day's year too, at that kind.

An only child of an area above that level is the published area itself: its small cells are marked, but nothing can keep
them. A hidden block is hidden as a whole: the view that people read lists every period of it as hidden, with cases or
without, because a missing row would be known to be 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipelines.core.register import COARSE_LEVEL, DERIVED, Metric, read_register

RANK = {
    "day": 0, "week": 1, "rolling_28d": 1, "spring_festival": 1, "month": 2, "quarter": 3, "half_year": 4, "year": 5,
    "cumulative": 6,
}  # fmt: skip
TOP = RANK["year"]
#: A period to date that ends with these months is a sum of quarters; with any other month, of months; else as fine as weeks.
TO_DATE_RANK = {3: RANK["quarter"], 6: RANK["half_year"], 9: RANK["quarter"], 12: RANK["year"]}
TO_DATE = "_to_date"
CELL = ["metric_id", "slice_kind", "slice_code", "grid_code", "period_kind", "period_start", "period_end"]
BLOCK = ["cut", "grid_code", "year"]


@dataclass(frozen=True, slots=True)
class Rule:
    """The dated numbers of the rule (seed ref_threshold): cells of 1 to `small_cell_max` at `level` and finer."""

    small_cell_max: int
    level: int


def _cut(metric: Metric, slice_kind: str, slice_code: str) -> str:
    """What is counted, whatever the metric that shows it: cases of the same definition are the same count."""
    below = "" if metric.family in ("count", "share") or metric.population else metric.denominator
    told = (metric.filter, metric.numerator, metric.numerator_time, below, metric.time, metric.counts, metric.sum_of)
    kinds = (slice_code,) if slice_kind == "event_kind" else metric.kinds
    member = "all" if slice_kind in ("all", "event_kind") else f"{slice_kind}={slice_code}"
    family = "stock" if metric.family == "stock" else metric.cohort
    return "|".join([",".join(sorted(kinds)), *told, family, member])


def _cuts(cells: pl.DataFrame, metrics: Sequence[Metric]) -> pl.DataFrame:
    """Each published member of a slice.

    Columns metric_id, slice_kind, slice_code, cut, holder (the cut that holds it, or null), levels where it is published.
    """
    register = {metric.id: metric for metric in metrics}
    rows = []
    for metric_id, kind, code in cells.select(CELL[:3]).unique().sort(CELL[:3]).iter_rows():
        metric = register[metric_id]
        within = ("all", "all")
        if kind == "category" and "domain" in (*metric.slices, *metric.slices_coarse):
            within = ("domain", "C99" if code == "UNMAPPED" else f"C{code[:2]}")
        levels = [level for level in metric.levels if kind in metric.slices or level <= COARSE_LEVEL]
        rows.append((metric_id, kind, code, _cut(metric, kind, code), None if kind == "all" else _cut(metric, *within), levels))
    names = dict.fromkeys([*CELL[:3], "cut", "holder"], pl.String)
    return pl.DataFrame(rows, schema={**names, "levels": pl.List(pl.Int32)}, orient="row")


def _partners(members: pl.DataFrame, family: Sequence[str], member: str) -> pl.DataFrame:
    """Pairs within each family, the largest two, the next two and so on; the odd one out joins the one before it.

    `members` has `family`, `member`, size. Returns `family`, `member`, partner (null for an only child).
    """
    order = members.sort([*family, "size", member], descending=[*[False] * len(family), True, False])
    place = pl.int_range(pl.len()).over(family)
    count = pl.len().over(family)
    after, before = pl.col(member).shift(-1).over(family), pl.col(member).shift(1).over(family)
    is_last_odd = (place == count - 1) & (place % 2 == 0)
    return order.select(
        *family, member, pl.when(is_last_odd).then(before).when(place % 2 == 0).then(after).otherwise(before).alias("partner")
    )


@dataclass(slots=True)
class _Blocks:
    """Heights of blocks, and how blocks stand to each other."""

    heights: pl.DataFrame
    parents: pl.DataFrame
    holders: pl.DataFrame
    area_partner: pl.DataFrame
    cut_partner: pl.DataFrame
    exposed: pl.DataFrame
    levels: pl.DataFrame
    published: pl.DataFrame

    def raise_to(self, wanted: pl.DataFrame) -> None:
        """Lift blocks (BLOCK, height) to at least these heights; a block that is not there yet is made."""
        both = pl.concat([self.heights, wanted.select(*BLOCK, "height").cast(self.heights.schema)])
        self.heights = both.group_by(BLOCK).agg(pl.col("height").max())

    def total(self) -> int:
        """Grows until nothing changes any more."""
        return int((self.heights["height"] + 1).sum()) + self.heights.height

    def down(self) -> None:
        """Rule 2."""
        above = self.heights.filter(pl.col("height") >= 0)
        by_area = above.join(self.exposed, on="grid_code", how="anti").rename({"grid_code": "parent"})
        by_area = by_area.join(self.parents, on="parent")
        by_cut = above.rename({"cut": "holder"}).join(self.holders.select("cut", "holder").unique(), on="holder")
        for finer in (by_area, by_cut):
            # Blocks without a case too, wherever the count is published: else a missing row were known to be 0.
            self.raise_to(finer.join(self.levels, on="grid_code").join(self.published, on=["cut", "grid_level"], how="semi"))

    def ever(self) -> None:
        """With a whole year hidden, what is counted since ever would tell it."""
        whole = self.heights.filter((pl.col("height") >= TOP) & (pl.col("year") > 0)).select(BLOCK[:2]).unique()
        known = self.heights.filter(pl.col("year") == 0).join(whole, on=BLOCK[:2], how="semi")
        self.raise_to(known.with_columns(height=pl.lit(RANK["cumulative"])))

    def standing(self, *, by_area: bool) -> pl.DataFrame:
        """Hidden blocks that stand above their parent (or holder), with their partner: BLOCK, height, up, partner."""
        up = self.heights.rename({"height": "above"})
        hidden = self.heights.filter(pl.col("height") >= 0)
        if by_area:
            shown = up.join(self.exposed, on="grid_code", how="anti").rename({"grid_code": "parent"})
            told = hidden.join(self.parents, on="grid_code").join(shown, on=["cut", "parent", "year"], how="left")
            told = told.join(self.area_partner, on="grid_code").rename({"parent": "up"})
        else:
            told = hidden.join(self.holders, on="cut").join(
                up.rename({"cut": "holder"}), on=["holder", "grid_code", "year"], how="left"
            )
            told = told.join(self.cut_partner, on=["cut", "holder", "slice_kind"]).rename({"holder": "up"})
        return told.filter(pl.col("height") > pl.col("above").fill_null(-1))

    def across(self) -> None:
        """Rule 3."""
        known = self.heights.select(BLOCK)
        for name, by_area in (("grid_code", True), ("cut", False)):
            told = self.standing(by_area=by_area)
            pairs = told.filter(pl.col("partner").is_not_null()).with_columns(pl.col("partner").alias(name))
            missing = pairs.join(known, on=BLOCK, how="anti")
            alone = told.filter(pl.col("partner").is_null()).with_columns(pl.col("up").alias(name))
            self.raise_to(pairs)
            # A partner without any case that year can only hide whole years.
            top = pl.lit(TOP).alias("height")
            self.raise_to(missing.with_columns(top))
            self.raise_to(told.join(missing.select("partner", "year").unique(), on=["partner", "year"], how="semi")
                          .join(missing.drop(name).select(*[c for c in BLOCK if c != name], "partner").unique(),
                                on=[*[c for c in BLOCK if c != name], "partner"], how="semi").with_columns(top))  # fmt: skip
            self.raise_to(alone.join(known, on=BLOCK, how="semi"))


def rank_of(kind: str, end: dt.date) -> int:
    """The rank of a period; one to date that ends a month, a quarter or more is that period's own sum."""
    if not kind.endswith(TO_DATE):
        return RANK[kind]
    if (end + dt.timedelta(days=1)).day != 1:
        return RANK["week"]
    return min(TO_DATE_RANK.get(end.month, RANK["month"]), RANK[kind.removesuffix(TO_DATE)])


def _ranked(cells: pl.DataFrame) -> pl.DataFrame:
    """The same cells with their rank."""
    ends = cells.select("period_kind", "period_end").unique()
    ranks = pl.Series("rank", [rank_of(kind, end) for kind, end in ends.iter_rows()], dtype=pl.Int32)
    return cells.join(ends.with_columns(ranks), on=["period_kind", "period_end"])


def _around(rank: int) -> pl.Expr:
    """What is the same for all that begins in one period of a rank."""
    if rank == RANK["half_year"]:
        return pl.col("period_start").dt.year() * 2 + (pl.col("period_start").dt.quarter() - 1) // 2
    every = {2: "1mo", 3: "1q", 5: "1y"}[rank]
    return pl.col("period_start").dt.truncate(every)


def _spans(cells: pl.DataFrame, small: pl.DataFrame) -> list[tuple[int, pl.DataFrame, pl.DataFrame]]:
    """Per kind of period from the month up: (its rank, where there is a case of it, shown periods around small cells)."""
    found = []
    for rank in (2, 3, 4, 5):
        kind = {2: "month", 3: "quarter", 4: "half_year", 5: "year"}[rank]
        at = cells.filter(pl.col("period_kind") == kind).with_columns(around=_around(rank))
        at = at.select("cut", "grid_code", "around").unique()
        inside = small.filter(pl.col("rank") < rank).with_columns(around=_around(rank)).select(*BLOCK, "around").unique()
        found.append((rank, at, inside.join(at, on=["cut", "grid_code", "around"], how="semi")))
    return found


def _lift_by_time(blocks: _Blocks, spans: Sequence[tuple[int, pl.DataFrame, pl.DataFrame]]) -> None:
    """Rule 4."""
    for rank, at, inside in spans:
        for name, by_area in (("grid_code", True), ("cut", False)):
            told = blocks.standing(by_area=by_area).filter((pl.col("height") < rank) & pl.col("partner").is_not_null())
            asked = told.join(inside, on=BLOCK).with_columns(pl.col("partner").alias("_partner"))
            other = at.rename({name: "_partner"})
            keys = ["_partner", "around", *[c for c in ("cut", "grid_code") if c != name]]
            blocks.raise_to(asked.join(other, on=keys, how="anti").with_columns(height=pl.lit(rank)))


def _years(cells: pl.DataFrame) -> pl.DataFrame:
    """One row per cell and year it touches; what is counted since ever has a block of its own, year 0."""
    first, last = pl.col("period_start").dt.year(), pl.col("period_end").dt.year()
    years = pl.when(pl.col("period_kind") == "cumulative").then(pl.concat_list(pl.lit(0))).otherwise(
        pl.concat_list(first.cast(pl.Int32), last.cast(pl.Int32)).list.unique()
    )  # fmt: skip
    return cells.with_columns(year=years).explode("year").with_columns(pl.col("year").cast(pl.Int32))


def _exposed(parents: pl.DataFrame, here: pl.DataFrame) -> pl.DataFrame:
    """Only children of areas that are never hidden, and their only children: the same figure under another name."""
    only = parents.filter(pl.len().over("parent") == 1)
    exposed = only.join(here.rename({"grid_code": "parent"}), on="parent", how="anti").select("grid_code")
    while True:
        more = only.join(exposed.rename({"grid_code": "parent"}), on="parent", how="semi").select("grid_code")
        more = more.join(exposed, on="grid_code", how="anti")
        if more.is_empty():
            return exposed
        exposed = pl.concat([exposed, more])


def _blocks(yearly: pl.DataFrame, areas: pl.DataFrame, codes: pl.DataFrame) -> _Blocks:
    """Every block with cases, nothing hidden yet, and how blocks stand to each other."""
    here = yearly.select("grid_code").unique()
    parents = areas.select("grid_code", parent="parent_code").drop_nulls().unique("grid_code")
    held = codes.filter(pl.col("holder").is_not_null()).select("cut", "holder", "slice_kind").unique()
    counted = yearly.filter(pl.col("period_kind").is_in(["month", "cumulative", "day"]))
    sizes = counted.group_by("cut", "grid_code").agg(pl.col("num").sum().alias("size"))

    def sized(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        found = frame.join(sizes.group_by(name).agg(pl.col("size").sum()), on=name, how="left")
        return found.with_columns(pl.col("size").fill_null(0))

    # Areas that are gone stand beside the others in the sums of their time, and in none of today's map: two sets of pairs.
    sizes_of_areas = sized(parents, "grid_code").join(areas.select("grid_code", "is_current"), on="grid_code")
    maps = (sizes_of_areas, sizes_of_areas.filter("is_current"))
    return _Blocks(
        heights=yearly.group_by(BLOCK).agg(pl.lit(-1, pl.Int32).alias("height")),
        parents=parents,
        holders=held,
        area_partner=pl.concat([_partners(m, ["parent"], "grid_code").select("grid_code", "partner") for m in maps]).unique(),
        cut_partner=_partners(sized(held, "cut"), ["holder", "slice_kind"], "cut"),
        exposed=_exposed(parents, here),
        levels=areas.select("grid_code", "grid_level").unique("grid_code"),
        published=codes.select("cut", pl.col("levels").alias("grid_level")).explode("grid_level").unique(),
    )


def hidden_blocks(cells: pl.DataFrame, areas: pl.DataFrame, metrics: Sequence[Metric], rule: Rule) -> pl.DataFrame:
    """The blocks to hide.

    Args:
        cells: published figures of metrics about persons at `rule.level` and finer: CELL, num, den (BIGINT; den only where
            it is a number of cases).
        areas: grid_code, parent_code, grid_level, is_current: where each area lies, or lay in the end. One row per code.
        metrics: the register's entries of these cells.
        rule: the numbers of the rule.

    Returns:
        metric_id, slice_kind, slice_code, grid_code, year (0: counted since ever), height (a cell of these is hidden if
        the rank of its period is at or below it), in no order.
    """
    codes = _cuts(cells, metrics)
    ranked = _ranked(cells).join(codes, on=CELL[:3])
    few = pl.col("num").is_between(1, rule.small_cell_max) | pl.col("den").is_between(1, rule.small_cell_max)
    yearly = _years(ranked)
    small = yearly.filter(few.fill_null(False))
    blocks = _blocks(yearly, areas, codes)
    blocks.raise_to(small.group_by(BLOCK).agg(pl.col("rank").max().alias("height")))
    spans, before = _spans(ranked, small), -1
    while (now := blocks.total()) != before:
        before = now
        blocks.down()
        blocks.across()
        _lift_by_time(blocks, spans)
        blocks.ever()
    return (
        blocks.heights.filter(pl.col("height") >= 0)
        .join(codes, on="cut")
        .select(*CELL[:4], pl.col("year"), pl.col("height"))
        .unique()
    )  # fmt: skip


#: What of a build's figures the rule asks for. Of kinds finer than the month only small cells count, and of these one per
#: month and year: a tenth of the rows. A stock has days only. Figures of both bases count: a block is hidden on both.
ASKED = """
    with cells as (
        select {cell}, num, case when metric_id not in ({per_head}) then den end as den
        from figures
        where
            metric_id in ({ids}) and grid_level >= {level}
            and not (slice_kind = 'event_kind' and slice_code in ({matter_kinds}))
    ),
    judged as (
        select *, coalesce(num between 1 and {most} or den between 1 and {most}, false) as is_small,
            period_kind not in ('month', 'quarter', 'half_year', 'year', 'cumulative') and metric_id not in ({stocks}) as is_fine
        from cells
    )
    select {cell}, num, den from judged where not is_fine
    union all
    select * from (
        select distinct on (
            metric_id, slice_kind, slice_code, grid_code, period_kind, date_trunc('month', period_start),
            case when period_kind like '%_to_date' then period_end else date_trunc('year', period_end) end
        ) {cell}, num, den
        from judged where is_fine and is_small
        order by period_start, num, den
    )
"""


def blocks_of_build(figures: Any, paths: Any, thresholds: pl.DataFrame, matter_kinds: Sequence[str]) -> pl.DataFrame:
    """The hidden blocks of a build, from relations of its warehouse.

    Args:
        figures: int_metric_value.
        paths: int_grid_path on the day of as_of: areas that notices of the future make or move are not there yet.
        thresholds: the rows of ref_threshold that hold now.
        matter_kinds: kinds of events that are about things and places (ref_event_kind): their members are never hidden.
    """
    number = dict(thresholds.select("threshold_id", "value").iter_rows())
    rule = Rule(int(number["small_cell_max"]), int(number["small_cell_level"]))
    metrics = [m for m in read_register() if m.subject == "person" and m.family not in ("median", *DERIVED)]

    def listed(chosen: Iterable[str]) -> str:
        return ", ".join(f"'{text}'" for text in chosen) or "''"

    asked = ASKED.format(
        cell=", ".join(CELL), ids=listed(m.id for m in metrics), per_head=listed(m.id for m in metrics if m.population),
        stocks=listed(m.id for m in metrics if m.family == "stock"), matter_kinds=listed(matter_kinds), level=rule.level,
        most=rule.small_cell_max,
    )  # fmt: skip
    areas = paths.project("grid_code, parent_code, grid_level, is_current")
    return hidden_blocks(figures.query("figures", asked).pl(), areas.pl(), metrics, rule)
