"""Safety hazards of the invented city: discovery, notice, rectification, recheck, clearing or transfer to enforcement.

Belongs here: how hazards are drawn. Does not: the file's form (rows, render) or its dirt.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.synthetic import people as folk
from pipelines.synthetic import seasons, vocabulary, words
from pipelines.synthetic.feed import (
    Feed,
    Scene,
    clock,
    correction,
    days,
    lasting,
    places,
    previous_in_same_place,
    text,
    yes,
)  # fmt: skip
from pipelines.synthetic.seasons import DAY

FOUND_BY = {"patrol": 0.62, "inspection": 0.3, "report": 0.08}
SUPERVISORS = {
    "4001": "X12", "4002": "U08", "4003": "U02", "4004": "X11", "4005": "U05", "4006": "U06", "4007": "U07", "4008": "X11",
    "4009": "U06", "4019": "X11",
}  # fmt: skip
MAJOR, TRANSFERRED, FAILS_RECHECK, REPEATED = 0.12, 0.03, 0.07, 0.1
#: Days that a notice gives, general and major.
LIMITS, MAJOR_LIMITS = (3, 7, 15, 30), (30, 60, 90)


def draw_hazard(scene: Scene) -> pl.DataFrame:
    """Hazards of one block, in time order."""
    rng = scene.rng
    arrived = seasons.arrivals(scene.block, seasons.HAZARD, per_day=scene.per_day, mean=scene.mean_weight, rng=rng)
    count = len(arrived)
    corrected_at, corrected = correction(arrived, rng)
    category = vocabulary.draw(vocabulary.HAZARD_MIX, count, rng)
    supervisor = pl.Series(category).replace_strict(SUPERVISORS, return_dtype=pl.String)
    frame = places(scene, count).with_columns(
        clock(arrived).alias("_arrived_at"),
        clock(arrived).alias("found_at"),
        pl.Series("hazard_class", category),
        pl.Series("found_by", vocabulary.draw(FOUND_BY, count, rng)),
        supervisor.alias("supervisor"),
        pl.Series("_link_draw", rng.random(count)),
        corrected_at.alias("_corrected_at"),
    )
    frame = frame.with_columns(_stages(arrived, rng)).with_columns(_texts(scene, count))
    by_time = yes(1 / 3, count, rng)
    wrong = vocabulary.draw(vocabulary.HAZARD_MIX, count, rng)
    earlier = arrived - rng.integers(600, 6 * 3600, count)
    return frame.with_columns(
        pl.when(pl.Series(corrected & ~by_time)).then(pl.Series(wrong)).otherwise("hazard_class").alias("_old_class"),
        pl.when(pl.Series(corrected & by_time)).then(clock(earlier)).otherwise("found_at").alias("_old_time"),
    )


def _stages(arrived: np.ndarray, rng: np.random.Generator) -> list[pl.Series]:
    """Notice to clearing. A recheck that fails is followed by another; the row keeps the last one."""
    count = len(arrived)
    major = yes(MAJOR, count, rng)
    limit = np.where(major, rng.choice(MAJOR_LIMITS, count), rng.choice(LIMITS, count))
    moved = yes(TRANSFERRED, count, rng)
    rectified = arrived + lasting(limit * DAY * 0.55, 0.6, count, rng)
    fails = yes(FAILS_RECHECK, count, rng)
    rechecked = rectified + lasting(1.5 * DAY, 0.5, count, rng)
    again = rechecked + lasting(6 * DAY, 0.5, count, rng)
    cleared = np.where(fails, again, rechecked) + lasting(0.3 * DAY, 0.4, count, rng)
    moves = arrived + (limit + rng.integers(1, 15, count)) * DAY
    return [
        pl.Series("hazard_level", np.where(major, "major", "general")),
        days(arrived + limit * DAY).alias("deadline_on"),
        clock(rectified, ~moved).alias("rectified_at"),
        clock(rechecked, ~moved).alias("rechecked_at"),
        text(np.where(fails, "fail", "pass"), ~moved).alias("recheck_result"),
        clock(cleared, ~moved).alias("cleared_at"),
        clock(moves, moved).alias("transferred_at"),
        text(np.full(count, "X11"), moved).alias("transferred_to"),
    ]


def _texts(scene: Scene, count: int) -> list[pl.Series | pl.Expr]:
    """Premises and who must put them right (a name of nobody)."""
    rng = scene.rng
    road = pl.Series(words.ROADS).gather(rng.integers(0, len(words.ROADS), count))
    house = pl.Series(rng.integers(1, 400, count)).cast(pl.String)
    return [
        (road + house + "号").alias("place_name"),
        (scene.people.pool["address"].gather(rng.integers(0, folk.POOL, count)) + "经营部").alias("responsible_org"),
        pl.col("_leaf").alias("grid_code"),
    ]


def finish_hazard(events: pl.DataFrame) -> pl.DataFrame:
    """Numbers by day and order; a repeated hazard names the one before in the same leaf area."""
    day = pl.col("_arrived_at").dt.strftime("%Y%m%d")
    order = pl.int_range(1, pl.len() + 1).over(pl.col("_arrived_at").dt.date()).cast(pl.String).str.zfill(4)
    numbered = events.with_columns(
        pl.concat_str(pl.lit("YH"), day, order).alias("source_case_no"),
        pl.concat_str(pl.lit("ZG"), day, order).alias("notice_no"),
    )
    return numbered.with_columns(previous_in_same_place(numbered, share=REPEATED).alias("repeat_of_no"))


HAZARD = Feed(
    name="hazard",
    folder="hazard",
    draw=draw_hazard,
    finish=finish_hazard,
    main_time="found_at",
    stages=("_arrived_at", "rectified_at", "rechecked_at", "cleared_at", "transferred_at"),
    gates={
        "rectified_at": "rectified_at",
        **dict.fromkeys(("rechecked_at", "recheck_result"), "rechecked_at"),
        "cleared_at": "cleared_at",
        **dict.fromkeys(("transferred_at", "transferred_to"), "transferred_at"),
    },
    old={"hazard_class": "_old_class", "found_at": "_old_time"},
    conflict="place_name",
    form="xlsx",
)
