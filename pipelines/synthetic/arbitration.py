"""Labour arbitration of the invented city: receipt, acceptance, hearing, award.

Belongs here: how cases are drawn. Does not: the file's form (rows, render), its dirt, which mediation a case names
(referrals).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.synthetic import people as folk
from pipelines.synthetic import seasons, vocabulary
from pipelines.synthetic.feed import Feed, Scene, clock, correction, days, lasting, places, whole, yes
from pipelines.synthetic.seasons import DAY

DISPOSITIONS = {"award": 0.45, "mediated": 0.35, "withdrawn": 0.15, "dismissed": 0.04, "transferred": 0.01}
PROCEDURES = {"ordinary": 0.7, "summary": 0.3}
#: An award is due 45 days after acceptance.
LIMIT_DAYS = 45
MASS = 0.03


def draw_arbitration(scene: Scene) -> pl.DataFrame:
    """Cases of one block, in time order; dates only."""
    rng = scene.rng
    arrived = seasons.arrivals(scene.block, seasons.COURT, per_day=scene.per_day, mean=scene.mean_weight, rng=rng)
    count = len(arrived)
    corrected_at, corrected = correction(arrived, rng)
    cause = vocabulary.draw(vocabulary.ARBITRATION_MIX, count, rng)
    frame = places(scene, count).with_columns(
        clock(arrived).alias("_arrived_at"),
        pl.Series("cause_text", cause),
        pl.Series("cause_code", cause),
        corrected_at.alias("_corrected_at"),
    )
    frame = frame.with_columns(_stages(arrived, rng)).with_columns(_texts(scene, count))
    by_time = yes(1 / 2, count, rng)
    wrong = np.where(cause == "2009", "2019", "2009")
    frame = frame.with_columns(pl.Series("_shift", rng.integers(1, 4, count)))
    shift = pl.duration(days="_shift")
    old = pl.when(pl.Series(corrected & ~by_time)).then(pl.Series(wrong)).otherwise("cause_text")
    return frame.with_columns(
        old.alias("_old_class"),
        old.alias("_old_cause"),
        pl.when(pl.Series(corrected & by_time)).then(pl.col("filed_on") - shift).otherwise("filed_on").alias("_old_time"),
    )


def _stages(arrived: np.ndarray, rng: np.random.Generator) -> list[pl.Series]:
    """Receipt to award. Every date is entered in its evening."""
    count, evening = len(arrived), 18 * 3600
    received = arrived // DAY * DAY
    filed = received + rng.integers(0, 6, count) * DAY
    hears = yes(0.7, count, rng)
    heard = filed + rng.integers(10, 40, count) * DAY
    closed = np.where(hears, heard, filed) + np.maximum(1, lasting(9 * DAY, 0.7, count, rng) // DAY) * DAY
    return [
        days(received).alias("received_on"),
        days(filed).alias("filed_on"),
        days(heard, hears).alias("hearing_on"),
        days(closed).alias("closed_on"),
        days(filed + LIMIT_DAYS * DAY).alias("deadline_on"),
        clock(np.maximum(filed + evening, arrived)).alias("_filed_at"),
        clock(heard + evening, hears).alias("_heard_at"),
        clock(closed + evening).alias("_closed_at"),
        whole(rng.integers(1, 20, count), yes(0.05, count, rng)).alias("excluded_days"),
        pl.Series("claim_amount_yuan", np.round(np.exp(rng.normal(10.0, 0.9, count)), 2)),
        pl.Series("procedure", vocabulary.draw(PROCEDURES, count, rng)),
        pl.Series("disposition", vocabulary.draw(DISPOSITIONS, count, rng)),
        pl.Series("is_mass", yes(MASS, count, rng)),
    ]


def _texts(scene: Scene, count: int) -> list[pl.Series | pl.Expr]:
    """Who claims and where."""
    rng = scene.rng
    applicant = scene.people.pool[rng.integers(0, folk.POOL, count)]
    respondent = scene.people.pool[rng.integers(0, folk.POOL, count)]
    return [
        applicant["name"].alias("applicant_name"),
        applicant["id_no"].alias("applicant_id_no"),
        respondent["name"].alias("respondent_name"),
        pl.lit("natural").alias("party_kind"),
        ("L" + pl.col("_district")).alias("commission"),
        pl.when(pl.Series(yes(0.7, count, rng))).then("_community").otherwise("_street").alias("place_code"),
    ]


def finish_arbitration(events: pl.DataFrame) -> pl.DataFrame:
    """Numbers by year and commission, in order of acceptance."""
    year = pl.col("filed_on").dt.year()
    ordered = events.with_columns(year.alias("_year")).sort("_filed_at", maintain_order=True)
    order = pl.int_range(1, pl.len() + 1).over("_year", "commission").cast(pl.String)
    number = pl.concat_str(
        pl.lit("（"), pl.col("_year").cast(pl.String), pl.lit("）云"), pl.col("_district").str.slice(2), pl.lit("劳人仲案"),
        order, pl.lit("号"),
    )  # fmt: skip
    return ordered.with_columns(number.alias("source_case_no")).sort("_arrived_at", maintain_order=True)


ARBITRATION = Feed(
    name="labour_arbitration",
    folder="arbitration",
    draw=draw_arbitration,
    finish=finish_arbitration,
    main_time="filed_on",
    stages=("_filed_at", "_heard_at", "_closed_at"),
    gates={"hearing_on": "_heard_at", "closed_on": "_closed_at", "disposition": "_closed_at"},
    old={"cause_text": "_old_class", "cause_code": "_old_cause", "filed_on": "_old_time"},
    conflict="procedure",
    form="xlsx",
)
