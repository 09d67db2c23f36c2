"""A trial: how single rows would be judged with other cells, before anything is decided.

Belongs here: judging rows by hand with the judge of the file they came in. Does not: taking them (ingest reads the file anew).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from pipelines.cleaning import judge as judging
from pipelines.ingesting import amend
from pipelines.ingesting.batches import Work


@dataclass(frozen=True, slots=True)
class Judgement:
    """Per record: the rules that set it aside, and whether a time of it lies after the file's extract (law 6)."""

    failed: dict[int, list[str]]
    late: frozenset[int]


def judge_rows(work: Work, rows: dict[int, dict[str, str | None]], mends: dict[int, amend.Cells]) -> Judgement:
    """Judge rows of one file (record number to header and text) with mended cells laid over them."""
    if not rows:
        return Judgement({}, frozenset())
    names = list(next(iter(rows.values())))
    header = judging.match_header(names, work.binding, name=work.name)
    columns = {
        f"c{place}": pl.Series([row.get(name) for row in rows.values()], dtype=pl.String) for place, name in enumerate(names)
    }
    raw = amend.lay_over(pl.DataFrame({"_record_no": list(rows), **columns}), header, mends)
    earliest = dt.datetime.combine(work.city.earliest, dt.time.min)
    plan = judging.Plan.of(work.binding)
    frame = judging.judge(raw, header, plan, zone=work.city.zone, earliest=earliest, latest=work.latest).frame
    contract = work.binding.contract
    clocks = [c.name for c in contract.columns if c.is_clock or c.name == contract.update_time]
    late = pl.any_horizontal(pl.lit(False), *(pl.col(name).cast(pl.Datetime("us")) > work.latest for name in clocks))
    return Judgement(
        dict(frame.select("_record_no", "_failed").iter_rows()),
        frozenset(frame.filter(late.fill_null(False))["_record_no"].to_list()),
    )
