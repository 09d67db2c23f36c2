"""Call-backs of the invented city: somebody asks the citizen whether the unit made contact, solved it, did well.

Belongs here: attempts about closed hotline requests and petitions, reached or not. Does not: the call-backs that
hotline and petition office write into their own rows (hotline, petition).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.synthetic import people as folk
from pipelines.synthetic import vocabulary
from pipelines.synthetic.feed import Feed, Scene, clock, correction, lasting, text, whole, yes
from pipelines.synthetic.seasons import DAY

METHODS = {"phone": 0.82, "sms": 0.1, "visit": 0.02, "online": 0.06}
SATISFACTION = {"5": 0.3, "4": 0.33, "3": 0.19, "2": 0.12, "1": 0.06}
#: Shares: of closed requests and petitions called back; of attempts answered; of the others tried again.
ORDERS_CALLED, PETITIONS_CALLED, REACHED, AGAIN = 0.6, 0.25, 0.72, 0.6


def draw_callback(scene: Scene) -> pl.DataFrame:
    """Attempts about the scene's parents, in time order: a first one, and for some that did not answer a second."""
    rng = scene.rng
    parents = scene.parents
    assert parents is not None
    is_order = (parents["_feed"] == "hotline_order").to_numpy()
    asked = (
        np.where(is_order, parents["dispatched_at"].is_not_null().to_numpy(), True)
        & parents["closed_at"].is_not_null().to_numpy()
    )
    chosen = asked & (rng.random(parents.height) < np.where(is_order, ORDERS_CALLED, PETITIONS_CALLED))
    about = parents.filter(pl.Series(chosen, dtype=pl.Boolean)).select("source_case_no", "closed_at")
    first = about["closed_at"].dt.epoch("s").to_numpy() + lasting(1.1 * DAY, 0.5, about.height, rng)
    reached = yes(REACHED, about.height, rng)
    again = ~reached & yes(AGAIN, about.height, rng)
    second = first[again] + lasting(1.5 * DAY, 0.4, int(again.sum()), rng) + 3600
    called = np.concatenate([first, second])
    order = np.argsort(called, kind="stable")
    numbers = np.concatenate([about["source_case_no"].to_numpy(), about["source_case_no"].to_numpy()[again]])
    answered = np.concatenate([reached, yes(REACHED, len(second), rng)])
    return _attempts(scene, called[order], numbers[order], answered[order])


def _attempts(scene: Scene, called: np.ndarray, numbers: np.ndarray, answered: np.ndarray) -> pl.DataFrame:
    """What was said. `called` in seconds since 1970, in order."""
    rng, count = scene.rng, len(called)
    corrected_at, corrected = correction(called, rng)
    solved = yes(0.74, count, rng)
    comment = folk.narratives(scene.people, rng.integers(0, folk.POOL, count), rng)
    return pl.DataFrame(
        [
            clock(called).alias("_arrived_at"),
            clock(called).alias("called_back_at"),
            pl.Series("event_no", numbers, dtype=pl.String),
            pl.Series("method", vocabulary.draw(METHODS, count, rng), dtype=pl.String),
            pl.Series("reached", answered),
            text(yes(0.92, count, rng), answered).alias("contacted"),
            text(solved, answered).alias("solved"),
            text(np.where(corrected, ~solved, solved), answered).alias("_old_solved"),
            text(vocabulary.draw(SATISFACTION, count, rng), answered).alias("satisfaction"),
            whole(np.where(answered, 20 + rng.geometric(0.01, count), 0)).alias("talk_seconds"),
            pl.select(pl.when(pl.Series(answered)).then(comment)).to_series().alias("comment"),
            corrected_at.alias("_corrected_at"),
        ]
    )


def finish_callback(events: pl.DataFrame) -> pl.DataFrame:
    """Numbers by day and order."""
    day = pl.col("_arrived_at").dt.strftime("%Y%m%d")
    order = pl.int_range(1, pl.len() + 1).over(pl.col("_arrived_at").dt.date())
    return events.with_columns(pl.concat_str(pl.lit("HF"), day, order.cast(pl.String).str.zfill(4)).alias("source_case_no"))


CALLBACK = Feed(
    name="callback",
    folder="callback",
    draw=draw_callback,
    finish=finish_callback,
    main_time="called_back_at",
    stages=("_arrived_at",),
    gates={},
    old={"solved": "_old_solved"},
    conflict="talk_seconds",
    parent="hotline_order petition",
    is_case=False,
    about="event_no",
)
