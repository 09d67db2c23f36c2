"""What a drawn feed is: typed events with their stage times, before any file or dirt.

Belongs here: the shapes that the feeds, the files and the truth share, and small constructors of times and
choices. Does not: any feed's content.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipelines.synthetic.city import City
from pipelines.synthetic.people import People
from pipelines.synthetic.seasons import Block

Ints = np.ndarray
#: Share of events that a later row corrects (D08), and how long after the first stage the correction may come.
CORRECTED, CORRECTION_DAYS = 0.03, 90


@dataclass(frozen=True, slots=True)
class Scene:
    """What a feed is drawn from: the days, the place, the people, its own randomness, and the level of activity.

    `parents`: the finished events of the feed's `parent`, of this block (acts about cases are drawn from those).
    """

    block: Block
    city: City
    people: People
    rng: np.random.Generator
    per_day: float
    mean_weight: float
    parents: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """How one feed's events become rows.

    Attributes:
        name: the contract's id.
        folder: folder and first part of the file name.
        draw: events of one block; hidden columns begin with `_`.
        finish: numbers and links over all blocks, in time order.
        main_time: the contract's main time.
        stages: time columns whose passing makes a new version; the first is the arrival.
        gates: column -> stage column before which it is still empty.
        old: column -> hidden column with the value before the correction at `_corrected_at`.
        conflict: the column in which two rows of equal version time may differ (D05); which of them wins, a hash decides, so it
            is one that no figure looks at.
        before: column -> its value until its gate opens (NULL for all others).
        form, encoding: of its files: csv, xlsx or jsonl; of CSV text. `archive_encoding` is what the system wrote before
            it was replaced; files of that time are gzipped.
        parent: the feeds, one or more, whose events its rows are drawn from; they stand before it.
        is_case: whether its rows are cases; acts and meetings are none.
        about: the column that names the case an act is about; empty for feeds of cases.
    """

    name: str
    folder: str
    draw: Callable[[Scene], pl.DataFrame]
    finish: Callable[[pl.DataFrame], pl.DataFrame]
    main_time: str
    stages: tuple[str, ...]
    gates: dict[str, str]
    old: dict[str, str]
    conflict: str
    before: dict[str, str | int] = field(default_factory=dict)
    form: str = "csv"
    encoding: str = "utf-8"
    archive_encoding: str = ""
    parent: str = ""
    is_case: bool = True
    about: str = ""


def clock(seconds: Ints, exists: Ints | None = None) -> pl.Series:
    """Seconds since 1970 as city-local times; NULL where `exists` is False."""
    times = pl.Series((seconds.astype(np.int64)) * 1_000_000).cast(pl.Datetime("us"))
    if exists is None:
        return times
    return pl.select(pl.when(pl.Series(exists)).then(times)).to_series()


def days(seconds: Ints, exists: Ints | None = None) -> pl.Series:
    """Seconds since 1970 as city-local dates; NULL where `exists` is False."""
    return clock(seconds, exists).dt.date()


def text(values: Ints, exists: Ints) -> pl.Series:
    """Strings or truths, NULL where `exists` is False. Polars cannot tell what an empty array of objects is of: strings."""
    kind = pl.String if values.dtype == object else None
    return pl.select(pl.when(pl.Series(exists)).then(pl.Series(values, dtype=kind))).to_series()


def whole(values: Ints, exists: Ints | None = None) -> pl.Series:
    """Integers, NULL where `exists` is False."""
    series = pl.Series(values.astype(np.int64))
    return series if exists is None else pl.select(pl.when(pl.Series(exists)).then(series)).to_series()


def lasting(median: float | Ints, spread: float, count: int, rng: np.random.Generator) -> Ints:
    """Log-normal durations in whole seconds, at least 1; `median` in seconds."""
    drawn: Ints = np.maximum(1, np.asarray(median) * np.exp(spread * rng.standard_normal(count))).astype(np.int64)
    return drawn


def yes(share: float, count: int, rng: np.random.Generator) -> Ints:
    """True with probability `share`."""
    drawn: Ints = rng.random(count) < share
    return drawn


def places(scene: Scene, count: int) -> pl.DataFrame:
    """A leaf area per event with a point well inside it: `_leaf` and the area's names, lon, lat (6 decimals)."""
    leaves, rng = scene.city.leaves, scene.rng
    at = rng.choice(leaves.height, size=count, p=leaves["weight"].to_numpy())
    u, v = rng.uniform(0.1, 0.9, count), rng.uniform(0.1, 0.9, count)
    corner = [(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v]
    x = sum(w * leaves[f"x{n}"].to_numpy()[at] for n, w in enumerate(corner))
    y = sum(w * leaves[f"y{n}"].to_numpy()[at] for n, w in enumerate(corner))
    return leaves[at].select(
        pl.col("code").alias("_leaf"),
        pl.col("name_zh").alias("_leaf_name"),
        pl.col("community_code").alias("_community"),
        pl.col("street_code").alias("_street"),
        pl.col("district_code").alias("_district"),
        pl.col("community_name"),
        pl.col("street_name").alias("_street_name"),
        pl.Series("lon", np.round(x, 6)),
        pl.Series("lat", np.round(y, 6)),
    )


def correction(arrived: Ints, rng: np.random.Generator) -> tuple[pl.Series, Ints]:
    """`_corrected_at` (NULL for most) and which events are corrected."""
    count = len(arrived)
    chosen = yes(CORRECTED, count, rng)
    after = rng.integers(3600, CORRECTION_DAYS * 86_400, count)
    return clock(arrived + after, chosen), chosen


def previous_in_same_place(events: pl.DataFrame, *, share: float, key: str = "source_case_no") -> pl.Series:
    """Number of the event just before in the same leaf area, for the `share` of events that repeat it, else NULL.

    An event that itself repeats another is never pointed at, so links have one step.
    """
    chosen = pl.col("_link_draw") < share
    before = pl.col(key).shift(1).over("_leaf", order_by="_arrived_at")
    before_chosen = chosen.shift(1).over("_leaf", order_by="_arrived_at")
    return events.select(pl.when(chosen & ~before_chosen.fill_null(True)).then(before)).to_series()
