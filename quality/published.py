"""Published: would a leader be misled? Hand-written checks of the marts, asked before a build is published.

Belongs here: what to select (`QUERIES`, on `marts.*` only) and the judgment on it. Does not: running SQL or deciding
what a failed check leads to (the gate does both), checks of rows (suites) or of joins and grains (dbt tests).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

#: Name of a frame -> the query that yields it. All are small: the counting is done where the data is.
QUERIES = {
    # One row: the build's `as_of`, the newest evidence in the data.
    "evidence": """
        select
            (select max(as_of) from marts.build_info) as as_of,
            (select max(reported_at) from marts.fct_event) as newest_event,
            (select max(extracted_at) from marts.fct_feed_outcome) as newest_extract
    """,
    # One row per metric: how many of its cells cannot be true.
    "cells": """
        select
            v.metric_id, m.name_zh, m.name_en, m.family, m.unit_en = '%' as is_share, count(*) as cells_n,
            count(*) filter (
                where v.num < 0 or v.den < 0 or (v.stat_value < 0 and m.family <> 'composite') or isnan(v.stat_value)
            ) as negative_n,
            count(*) filter (where v.num > v.den) as over_n
        from marts.fct_metric_value as v
        inner join marts.ref_metric as m on v.metric_id = m.metric_id
        group by all
        order by v.metric_id
    """,
    # One row per area below the root: whether any count names it in the newest month that is over.
    "presence": """
        with root as (
            select grid_code from marts.dim_grid where is_current and parent_code is null
        ),
        months as (
            select v.grid_code, v.period_start
            from marts.fct_metric_value as v
            inner join marts.ref_metric as m on v.metric_id = m.metric_id
            cross join (select max(as_of) as as_of from marts.build_info) as info
            where m.family = 'count' and v.period_kind = 'month' and v.slice_kind = 'all'
              and cast(v.period_end as date) <= cast(info.as_of as date)
        ),
        newest as (
            select max(months.period_start) as period_start
            from months inner join root on months.grid_code = root.grid_code
        )
        select g.grid_code, g.name_zh, g.name_en, newest.period_start as month, count(months.grid_code) as cells_n
        from marts.dim_grid as g
        inner join root on g.parent_code = root.grid_code
        cross join newest
        left join months on g.grid_code = months.grid_code and newest.period_start = months.period_start
        where g.is_current and newest.period_start is not null and g.grid_code <> 'UNASSIGNED'
        group by all
        order by g.grid_code
    """,
    # One row per level: areas that hold now, and those with residents in the newest year.
    "population": """
        select g.grid_level, count(distinct g.grid_code) as areas_n, count(distinct p.grid_code) as with_residents_n
        from marts.dim_grid as g
        left join marts.fct_population as p
            on g.grid_code = p.grid_code and p.pop_kind = 'usual' and p.value > 0
            and p.year = (select max(year) from marts.fct_population where pop_kind = 'usual')
        where g.is_current and g.grid_code <> 'UNASSIGNED'
        group by g.grid_level
        order by g.grid_level
    """,
    # One row per count, month and basis: the whole, and its parts with what has no place.
    "parts": """
        with root as (
            select grid_code from marts.dim_grid where is_current and parent_code is null
        ),
        children as (
            select distinct g.grid_code
            from marts.dim_grid as g inner join root on g.parent_code = root.grid_code
        )
        select
            v.metric_id, v.period_start, v.basis,
            sum(v.num) filter (where v.grid_code in (select grid_code from root)) as whole_n,
            sum(v.num) filter (
                where v.grid_code = 'UNASSIGNED' or v.grid_code in (select grid_code from children)
            ) as parts_n
        from marts.fct_metric_value as v
        inner join marts.ref_metric as m on v.metric_id = m.metric_id
        where m.family = 'count' and v.period_kind = 'month' and v.slice_kind = 'all' and v.basis = 'as_was'
        group by all
    """,
}


@dataclass(frozen=True, slots=True)
class PublishedCheck:
    """The answer to one question; `detail_*` names what failed (at most three), empty where nothing did."""

    check_id: str
    severity: Literal["block", "warn"]
    question_zh: str
    question_en: str
    evaluated_n: int
    failed_n: int
    detail_zh: str = ""
    detail_en: str = ""

    @property
    def ok(self) -> bool:
        return self.failed_n == 0


def _named(rows: pl.DataFrame, column: str) -> str:
    names = [str(name) for name in rows[column].to_list()]
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")  # noqa: PLR2004 (a line, not a list)


def as_of_is_backed_by_data(evidence: pl.DataFrame, allowed_lead: dt.timedelta) -> PublishedCheck:
    """Whether the build's time is no later than its newest data plus what the feeds' latency explains.

    A later time shows a city in which nothing happens any more.
    """
    row = evidence.row(0, named=True)
    known = [moment for moment in (row["newest_event"], row["newest_extract"]) if moment is not None]
    newest, as_of = max(known, default=None), row["as_of"]
    is_late = newest is None or as_of is None or as_of > newest + allowed_lead
    return PublishedCheck(
        "as_of_is_backed_by_data",
        "warn",
        "统计时点有数据支撑吗？",
        "Is the as-of time backed by data?",
        evaluated_n=1,
        failed_n=int(is_late),
        detail_zh=f"统计时点 {as_of}，最新数据 {newest}" if is_late else "",
        detail_en=f"as of {as_of}, newest data {newest}" if is_late else "",
    )


def shares_lie_between_0_and_100(cells: pl.DataFrame) -> PublishedCheck:
    """Whether no share counts more than its whole."""
    shares = cells.filter("is_share")
    bad = shares.filter(pl.col("over_n") > 0)
    return PublishedCheck(
        "shares_lie_between_0_and_100", "block", "百分比都在 0 到 100 之间吗？", "Do all shares lie between 0 and 100?",
        int(shares["cells_n"].sum()), int(bad["over_n"].sum()), _named(bad, "name_zh"), _named(bad, "name_en"),
    )  # fmt: skip


def no_figure_is_negative(cells: pl.DataFrame) -> PublishedCheck:
    """Whether no count, denominator or median is below zero."""
    bad = cells.filter(pl.col("negative_n") > 0)
    return PublishedCheck(
        "no_figure_is_negative", "block", "所有数字都不小于零吗？", "Are all figures at least zero?",
        int(cells["cells_n"].sum()), int(bad["negative_n"].sum()), _named(bad, "name_zh"), _named(bad, "name_en"),
    )  # fmt: skip


def every_area_is_present(presence: pl.DataFrame) -> PublishedCheck:
    """Whether each area below the root has at least one count in the newest month that is over.

    An area without a single event is more often an area whose data did not come.
    """
    bad = presence.filter(pl.col("cells_n") == 0)
    return PublishedCheck(
        "every_area_is_present", "warn", "最近一个整月里每个下级区域都有数据吗？",
        "Does every area below the root have data in the newest full month?",
        presence.height, bad.height, _named(bad, "name_zh"), _named(bad, "name_en"),
    )  # fmt: skip


def population_is_complete(population: pl.DataFrame) -> PublishedCheck:
    """Whether, at each level that has residents at all, every area has them: else rates compare unlike with unlike."""
    used = population.filter(pl.col("with_residents_n") > 0)
    bad = used.filter(pl.col("with_residents_n") < pl.col("areas_n"))
    missing = int((bad["areas_n"] - bad["with_residents_n"]).sum())
    return PublishedCheck(
        "population_is_complete", "warn", "同一层级的区域都有常住人口吗？", "Has every area of a level its residents?",
        int(used["areas_n"].sum()), missing,
        f"层级 {_named(bad, 'grid_level')}" if missing else "", f"level {_named(bad, 'grid_level')}" if missing else "",
    )  # fmt: skip


def parts_do_not_exceed_the_whole(parts: pl.DataFrame) -> PublishedCheck:
    """Whether the areas below the root and the unassigned together count no more than the root.

    Less is possible: an event may be known to the city only.
    """
    exceeds = pl.col("parts_n").fill_null(0) > pl.col("whole_n").fill_null(0)
    bad = parts.filter(exceeds).sort("metric_id", "period_start")
    return PublishedCheck(
        "parts_do_not_exceed_the_whole", "block", "各区域之和不超过全市吗？",
        "Do the areas add up to no more than the city?",
        parts.height, bad.height, _named(bad, "metric_id"), _named(bad, "metric_id"),
    )  # fmt: skip


def check_published(frames: Mapping[str, pl.DataFrame], *, allowed_lead: dt.timedelta) -> list[PublishedCheck]:
    """All checks, those that failed first and among them those that block.

    Args:
        frames: one frame per entry of `QUERIES`.
        allowed_lead: how far the as-of time may lie after the newest data (the longest latency of the
            city's event contracts).
    """
    found = [
        as_of_is_backed_by_data(frames["evidence"], allowed_lead),
        shares_lie_between_0_and_100(frames["cells"]),
        no_figure_is_negative(frames["cells"]),
        every_area_is_present(frames["presence"]),
        population_is_complete(frames["population"]),
        parts_do_not_exceed_the_whole(frames["parts"]),
    ]
    return sorted(found, key=lambda check: (check.ok, check.severity != "block"))
