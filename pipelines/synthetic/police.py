"""Police incidents of the invented city: 110 calls, what became of them, cases accepted and filed.

Belongs here: how calls are drawn. Does not: the file's form (rows, render) or its dirt.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.synthetic import people as folk
from pipelines.synthetic import seasons, vocabulary, words
from pipelines.synthetic.feed import Feed, Scene, clock, correction, lasting, places, previous_in_same_place, text, yes

CHANNELS = {"call_110": 0.86, "station": 0.08, "hotline_transfer": 0.04, "alarm": 0.02}
SEVERITIES = {"4": 0.9, "3": 0.08, "2": 0.018, "1": 0.002}
#: Share of order calls that become administrative cases, of crime calls that are accepted, of those that are filed.
ACCEPTED_ORDER, ACCEPTED_CRIME, FILED = 0.65, 0.8, 0.88
MERGED = 0.02


def draw_police(scene: Scene) -> pl.DataFrame:
    """Calls of one block, in time order."""
    rng = scene.rng
    arrived = seasons.arrivals(scene.block, seasons.POLICE, per_day=scene.per_day, mean=scene.mean_weight, rng=rng)
    count = len(arrived)
    called = vocabulary.draw(vocabulary.POLICE_MIX, count, rng)
    changed = yes(0.06, count, rng)
    feedback = np.where(changed, vocabulary.draw(vocabulary.POLICE_MIX, count, rng), called)
    corrected_at, corrected = correction(arrived, rng)
    frame = places(scene, count).with_columns(
        clock(arrived).alias("_arrived_at"),
        pl.Series("class_l2_code", called),
        pl.Series("feedback_class_code", feedback),
        pl.Series("intake_channel", vocabulary.draw(CHANNELS, count, rng)),
        pl.Series("severity", vocabulary.draw(SEVERITIES, count, rng)),
        pl.Series("is_repeat_call", yes(0.06, count, rng)),
        pl.Series("_link_draw", rng.random(count)),
        corrected_at.alias("_corrected_at"),
    )
    frame = frame.with_columns(_stages(arrived, feedback, rng)).with_columns(_texts(scene, count))
    return _with_corrections(frame, arrived, corrected, rng)


def _stages(arrived: np.ndarray, category: np.ndarray, rng: np.random.Generator) -> list[pl.Series]:
    """Dispatch to filing. Most invalid calls send nobody; only order and crime calls become cases."""
    count = len(arrived)
    goes = ~((category == "9900") & yes(0.7, count, rng))
    dispatched = arrived + lasting(70, 0.6, count, rng)
    here = dispatched + lasting(420, 0.5, count, rng)
    done = np.where(goes, here + lasting(1800, 0.7, count, rng), arrived + lasting(120, 0.5, count, rng))
    crime = np.char.startswith(category, "10")
    order = np.char.startswith(category, "11")
    accepts = (crime & yes(ACCEPTED_CRIME, count, rng)) | (order & yes(ACCEPTED_ORDER, count, rng))
    accepted = done + lasting(5 * 3600, 0.8, count, rng)
    files = accepts & crime & yes(FILED, count, rng)
    filed = accepted + lasting(30 * 3600, 0.7, count, rng)
    outcome = vocabulary.draw({"mediated": 0.35, "no_action": 0.5, "transferred": 0.15}, count, rng)
    outcome = np.select([files, accepts, category == "9900"], ["filed", "case_accepted", "invalid"], outcome)
    nature = np.select([accepts & crime, accepts & order], ["criminal", "administrative"], "none")
    settled = np.select([files, accepts], [filed, accepted], done)
    return [
        clock(arrived).alias("reported_at"),
        clock(dispatched, goes).alias("dispatched_at"),
        clock(here, goes).alias("arrived_at"),
        clock(done).alias("finished_at"),
        clock(accepted, accepts).alias("accepted_at"),
        clock(filed, files).alias("filed_at"),
        clock(settled).alias("_settled_at"),
        clock(np.where(accepts, accepted, done)).alias("_nature_at"),
        pl.Series("outcome_code", outcome),
        pl.Series("case_nature", nature),
    ]


def _texts(scene: Scene, count: int) -> list[pl.Series | pl.Expr]:
    """Places in words and personal data."""
    rng = scene.rng
    who = rng.integers(0, folk.POOL, count)
    person = scene.people.pool[who]
    road = pl.Series(words.ROADS)[rng.integers(0, len(words.ROADS), count)]
    number = pl.Series(rng.integers(1, 400, count)).cast(pl.String)
    relative = pl.Series(words.RELATIVE_PLACES)[rng.integers(0, len(words.RELATIVE_PLACES), count)]
    vague = pl.Series(yes(0.15, count, rng))
    address = pl.select(pl.when(vague).then(relative).otherwise(road + number + "号")).to_series()
    has_id = yes(0.4, count, rng)
    return [
        person["name"].alias("caller_name"),
        person["phone"].alias("caller_phone"),
        text(person["id_no"].to_numpy(), has_id).alias("caller_id_no"),
        address.alias("address_text"),
        folk.narratives(scene.people, who, rng),
        ("P" + pl.col("_district")).alias("bureau_name"),
        ("P" + pl.col("_street")).alias("station_name"),
        pl.col("_leaf").alias("grid_code"),
    ]


def _with_corrections(frame: pl.DataFrame, arrived: np.ndarray, corrected: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    """Before its correction an event showed another class (two in three) or an earlier time (one in three)."""
    count = len(arrived)
    by_time = yes(1 / 3, count, rng)
    wrong = vocabulary.draw(vocabulary.POLICE_MIX, count, rng)
    earlier = arrived - rng.integers(600, 6 * 3600, count)
    return frame.with_columns(
        pl.when(pl.Series(corrected & ~by_time)).then(pl.Series(wrong)).otherwise("feedback_class_code").alias("_old_class"),
        pl.when(pl.Series(corrected & by_time)).then(clock(earlier)).otherwise("reported_at").alias("_old_time"),
    )


def finish_police(events: pl.DataFrame) -> pl.DataFrame:
    """Twenty-digit numbers by day and order; merges."""
    day = pl.col("_arrived_at").dt.strftime("%Y%m%d")
    order = pl.int_range(1, pl.len() + 1).over(pl.col("_arrived_at").dt.date())
    numbered = events.with_columns(
        pl.concat_str(pl.lit(words.CITY_CODE), day, order.cast(pl.String).str.zfill(6)).alias("source_case_no")
    )
    merged = previous_in_same_place(numbered, share=MERGED)
    return numbered.with_columns(merged.alias("merged_into_no"), pl.col("class_l2_code").alias("class_l1_code"))


POLICE = Feed(
    name="police_incident",
    folder="police",
    draw=draw_police,
    finish=finish_police,
    main_time="reported_at",
    stages=("_arrived_at", "dispatched_at", "arrived_at", "finished_at", "accepted_at", "filed_at"),
    gates={
        "dispatched_at": "dispatched_at",
        "arrived_at": "arrived_at",
        "finished_at": "finished_at",
        "accepted_at": "accepted_at",
        "filed_at": "filed_at",
        "outcome_code": "_settled_at",
        "case_nature": "_nature_at",
        "feedback_class_code": "finished_at",
        "merged_into_no": "finished_at",
    },
    old={"feedback_class_code": "_old_class", "reported_at": "_old_time"},
    conflict="is_repeat_call",
    encoding="gb18030",
)
