"""Stocks: how many cases are held at the as-of time, by age.

Belongs here: counting what is held. Does not: which cases those are (the figures' entries), where they lie (figures).
"""

from __future__ import annotations

import datetime as dt

import polars as pl

#: First day of each band of age, youngest first.
AGE_BANDS = {"d000_007": 0, "d008_030": 8, "d031_090": 31, "d091_365": 91, "d366_plus": 366}


def stock_of(metric_id: str, held: pl.DataFrame, today: dt.date, *, by_kind: bool = False) -> pl.DataFrame:
    """How many cases each area holds today, in all and by age.

    Args:
        metric_id: whose figures these are.
        held: the cases held, once per area they lie in: area, day (of report), _known (last extract of the feed).
        today: the day of the figures.
        by_kind: also per event kind.
    """
    age = (pl.col("_known").dt.date() - pl.col("day")).dt.total_days()
    band = pl.coalesce([pl.when(age >= first).then(pl.lit(name)) for name, first in reversed(AGE_BANDS.items())])
    cuts = [("all", pl.lit("all")), ("age_band", pl.col("_band"))]
    if by_kind:
        cuts.append(("event_kind", pl.col("event_kind")))
    placed = held.with_columns(band.alias("_band"))
    parts = [
        placed.group_by("area", code.alias("slice_code")).agg(pl.len().cast(pl.Int64).alias("num"))
        .with_columns(pl.lit(kind).alias("slice_kind"))
        for kind, code in cuts
    ]  # fmt: skip
    return pl.concat(parts, how="diagonal").select(
        pl.lit(metric_id).alias("metric_id"), "slice_kind", "slice_code", pl.col("area").alias("grid_code"),
        pl.lit("day").alias("period_kind"), pl.lit(today).alias("period_start"), pl.lit(today).alias("period_end"), "num",
        pl.lit(None, pl.Int64).alias("den"), pl.lit(None, pl.Float64).alias("stat_value"),
    )  # fmt: skip
