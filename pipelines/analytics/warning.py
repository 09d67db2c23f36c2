"""Early warning on weekly counts: a robust z against the 13 weeks before.

Belongs here: the rule on frames, first version, one series at a time. Does not: reading or publishing (the model
`fct_alert` applies the same rule in SQL; a test holds the two together), sharing strength between areas.

The rule. For one series and one complete week, of the 13 weeks before it take the median and
the median absolute deviation (MAD). z = (count - median) / scale, where scale is 1.4826 x MAD, the standard deviation
of normal data, but not less than sqrt(max(median, 1)): counts vary at least as much as a Poisson count does, and in a
quiet series the MAD is 0, where z would say nothing. A week is high at z >= 3, very high at z >= 4; it alerts if it
is very high, or high as the week before it was. A high week has at least 3 cases, two more than the median: below
that a large z is a rare event, not a change (methods note 2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

#: MAD x this is the standard deviation of normal data: 1 / inverse normal of 3/4.
MAD_TO_SD = 1.4826
WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WarningRule:
    """The numbers of the rule; the defaults are the method's."""

    baseline_weeks: int = 13
    high_z: float = 3.0
    very_high_z: float = 4.0
    least_count: int = 3
    least_excess: float = 2.0


def robust_z(weekly: pl.DataFrame, *, by: Sequence[str], through: dt.date, rule: WarningRule | None = None) -> pl.DataFrame:
    """The robust z of every complete week that has a whole baseline.

    Args:
        weekly: one row per series and week that has cases: `by` columns, week_start (DATE, a Monday), value (count).
            A week without a row between the first week of the frame and `through` has no cases.
        by: the columns that name a series, such as event_kind and grid_code.
        through: the Monday of the last complete week; later rows are left out.
        rule: the numbers of the rule.

    Returns:
        One row per series and week: `by`, week_start, value, baseline (median), scale, robust_z, is_high, is_very_high,
        in the order of `by` and week_start.
    """
    rule = rule or WarningRule()
    lags = [f"_lag_{n}" for n in range(1, rule.baseline_weeks + 1)]
    before = [pl.col("value").shift(n).over(by).alias(lag) for n, lag in enumerate(lags, start=1)]
    excess = pl.col("value") - pl.col("baseline")
    floor = pl.max_horizontal(pl.col("baseline"), pl.lit(1.0)).sqrt()
    counts = (pl.col("value") >= rule.least_count) & (excess >= rule.least_excess)
    return (
        _dense(weekly, by, through)
        .with_columns(before)
        .filter(pl.col(lags[-1]).is_not_null())
        .with_columns(baseline=pl.concat_list(lags).list.median())
        .with_columns(mad=pl.concat_list([(pl.col(lag) - pl.col("baseline")).abs() for lag in lags]).list.median())
        .with_columns(scale=pl.max_horizontal(MAD_TO_SD * pl.col("mad"), floor))
        .with_columns(robust_z=excess / pl.col("scale"))
        .with_columns(
            is_high=counts & (pl.col("robust_z") >= rule.high_z),
            is_very_high=counts & (pl.col("robust_z") >= rule.very_high_z),
        )
        .select(*by, "week_start", "value", "baseline", "scale", "robust_z", "is_high", "is_very_high")
    )


def alerts(weekly: pl.DataFrame, *, by: Sequence[str], through: dt.date, rule: WarningRule | None = None) -> pl.DataFrame:
    """The weeks that alert: very high once, or high two weeks running. Arguments as for `robust_z`.

    Returns:
        `by`, week_start, value, baseline, robust_z, reason ('very_high' or 'high_twice').
    """
    very_high = pl.col("is_very_high")
    twice = pl.col("is_high") & pl.col("is_high").shift(1).over(by).fill_null(value=False)
    return (
        robust_z(weekly, by=by, through=through, rule=rule)
        .with_columns(reason=pl.when(very_high).then(pl.lit("very_high")).when(twice).then(pl.lit("high_twice")))
        .filter(pl.col("reason").is_not_null())
        .select(*by, "week_start", "value", "baseline", "robust_z", "reason")
    )


def _dense(weekly: pl.DataFrame, by: Sequence[str], through: dt.date) -> pl.DataFrame:
    """Every series in every week from the frame's first to `through`, zero where it had no cases."""
    kept = weekly.filter(pl.col("week_start") <= through).select(*by, "week_start", "value")
    if kept.is_empty():
        return kept.with_columns(pl.col("value").cast(pl.Float64))
    first = kept.select(pl.col("week_start").min()).item()
    weeks = pl.DataFrame({"week_start": pl.date_range(first, through, WEEK, eager=True)})
    return (
        kept.select(by).unique().sort(by)
        .join(weeks, how="cross")
        .join(kept, on=[*by, "week_start"], how="left", maintain_order="left")
        .with_columns(pl.col("value").fill_null(0).cast(pl.Float64))
    )  # fmt: skip
