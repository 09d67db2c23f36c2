"""From events to rows: which file shows which state of an event.

Belongs here: the calendar of deliveries and the state of each event at each delivery. Does not: dirt, texts, bytes.
A department exports what is new or changed since its last export; a row shows the state at the export's moment.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from pipelines.synthetic.feed import Feed

EPOCH = dt.date(1970, 1, 1)
#: A month this much older than the end is gzipped, as archives are.
ARCHIVE_DAYS = 365


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file per feed: everything new or changed in the days `first`..`last`, extracted at the last second."""

    number: int
    first: dt.date
    last: dt.date
    is_archived: bool

    @property
    def extracted_at(self) -> dt.datetime:
        """The moment whose state the file shows."""
        return dt.datetime.combine(self.last, dt.time(23, 59, 59))

    @property
    def stamp(self) -> str:
        """The extract time as file names carry it."""
        return self.extracted_at.strftime("%Y%m%d_%H%M%S")


def plan_deliveries(start: dt.date, end: dt.date, *, daily: int, ahead: int) -> list[Delivery]:
    """Monthly files up to `daily` days before the end, then one a day, then `ahead` further days."""
    first_daily = max(start, end - dt.timedelta(days=daily - 1))
    cuts, day = [start], start
    while day < first_daily:
        day = min((day.replace(day=1) + dt.timedelta(days=32)).replace(day=1), first_daily)
        cuts.append(day)
    last = end + dt.timedelta(days=ahead + 1)
    cuts += [first_daily + dt.timedelta(days=n) for n in range(1, (last - first_daily).days + 1)]
    plan = []
    for number, (first, following) in enumerate(pairwise(cuts)):
        closing = following - dt.timedelta(days=1)
        plan.append(Delivery(number, first, closing, (end - closing).days > ARCHIVE_DAYS))
    return plan


def _seconds(series: pl.Series) -> np.ndarray:
    """Seconds since 1970, -1 for NULL."""
    return series.dt.epoch("s").fill_null(-1).to_numpy()


def versions(feed: Feed, events: pl.DataFrame, plan: list[Delivery]) -> pl.DataFrame:
    """One row per event and delivery in which it appeared or changed, in file order.

    Adds `_event` (position in `events`), `_delivery`, `_as_of`, `updated_at` (the last change shown) and
    `_is_correction` (the first row that shows another value than an earlier row did).
    """
    ends = np.array([(d.last - EPOCH).days * 86_400 + 86_399 for d in plan])
    first_seen = _seconds(events[feed.stages[0]])
    keys = []
    for stage in (*feed.stages, "_corrected_at"):
        moment = _seconds(events[stage])
        moment = np.where(moment < 0, -1, np.maximum(moment, first_seen))
        at = np.searchsorted(ends, moment)
        shown = (moment >= 0) & (at < len(ends))
        keys.append(np.flatnonzero(shown) * len(ends) + at[shown])
    key = np.unique(np.concatenate(keys))
    event, delivery = key // len(ends), key % len(ends)
    rows = events[event].with_columns(
        pl.Series("_event", event),
        pl.Series("_delivery", delivery),
        pl.Series("_as_of", ends[delivery] * 1_000_000).cast(pl.Datetime("us")),
    )
    shown_before = pl.col("_shows_correction").shift(1).over("_event", order_by="_delivery")
    return (
        _state(feed, rows)
        .with_columns((pl.col("_shows_correction") & ~shown_before.fill_null(True)).alias("_is_correction"))
        .sort("_delivery", "updated_at", "_event")
    )


def _state(feed: Feed, rows: pl.DataFrame) -> pl.DataFrame:
    """Each row's columns as they stood at `_as_of`."""
    corrected = (pl.col("_corrected_at") <= pl.col("_as_of")).fill_null(True)
    first = pl.col(feed.stages[0])
    changes = [
        pl.when(pl.col(stage) <= pl.col("_as_of")).then(pl.max_horizontal(stage, first))
        for stage in (*feed.stages, "_corrected_at")
    ]
    shown = []
    for column, gate in feed.gates.items():
        before = pl.lit(feed.before[column]) if column in feed.before else None
        value = pl.when(corrected).then(column).otherwise(feed.old[column]) if column in feed.old else pl.col(column)
        shown.append(pl.when(pl.col(gate) <= pl.col("_as_of")).then(value).otherwise(before).alias(column))
    for column, old in feed.old.items():
        if column not in feed.gates:
            shown.append(pl.when(corrected).then(column).otherwise(old).alias(column))
    is_late = (pl.col("_corrected_at") <= pl.col("_as_of")).fill_null(False)
    differs = pl.any_horizontal([pl.col(column).ne_missing(pl.col(old)) for column, old in feed.old.items()])
    return rows.with_columns(
        *shown,
        pl.max_horizontal(changes).alias("updated_at"),
        (is_late & differs).alias("_shows_correction"),
    )
