"""Meetings of neighbour halls and small-bench councils of the invented city.

Belongs here: how meetings are drawn. Does not: the file's form (rows, render) or its dirt. Nobody who was there is named.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.synthetic import seasons, vocabulary, words
from pipelines.synthetic.feed import Feed, Scene, clock, correction, days, places, whole, yes

HALLS = {"neighbour_hall": 0.5, "small_bench": 0.35, "owners": 0.15}
ADOPTED = 0.68


def draw_deliberation(scene: Scene) -> pl.DataFrame:
    """Meetings of one block, in time order; the record is sent in the day after."""
    rng = scene.rng
    held = seasons.arrivals(scene.block, seasons.DELIBERATION, per_day=scene.per_day, mean=scene.mean_weight, rng=rng)
    count = len(held)
    corrected_at, corrected = correction(held, rng)
    adopted = yes(ADOPTED, count, rng)
    category = vocabulary.draw(vocabulary.DELIBERATION_MIX, count, rng)
    topic = pl.Series(words.NARRATIVES)[rng.integers(0, len(words.NARRATIVES), count)]
    present = 5 + rng.geometric(0.08, count)
    return places(scene, count).drop("lon", "lat").with_columns(
        clock(held).alias("_arrived_at"),
        days(held).alias("held_on"),
        pl.Series("hall_kind", vocabulary.draw(HALLS, count, rng), dtype=pl.String),
        (pl.col("community_name") + "议事厅").alias("hall_name"),
        pl.col("_leaf").alias("grid_code"),
        pl.Series("topic_class", category, dtype=pl.String),
        ("关于" + topic + "的商议").alias("topic"),
        whole(present).alias("attendance_n"),
        whole(rng.binomial(present, 0.2)).alias("online_n"),
        pl.Series("adopted", adopted),
        pl.Series("_old_adopted", np.where(corrected, ~adopted, adopted)),
        corrected_at.alias("_corrected_at"),
    )  # fmt: skip


def finish_deliberation(events: pl.DataFrame) -> pl.DataFrame:
    """Numbers by month and order."""
    month = pl.col("_arrived_at").dt.strftime("%Y%m")
    order = pl.int_range(1, pl.len() + 1).over(month)
    return events.with_columns(pl.concat_str(pl.lit("YS"), month, order.cast(pl.String).str.zfill(5)).alias("source_case_no"))


DELIBERATION = Feed(
    name="deliberation",
    folder="deliberation",
    draw=draw_deliberation,
    finish=finish_deliberation,
    main_time="held_on",
    stages=("_arrived_at",),
    gates={},
    old={"adopted": "_old_adopted"},
    conflict="online_n",
    form="xlsx",
    is_case=False,
)
