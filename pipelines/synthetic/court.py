"""Court cases of the invented city: receipt, filing, hearing, close; pre-filing mediation beside them.

Belongs here: how cases are drawn. Does not: the file's form (rows, render) or its dirt.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.synthetic import people as folk
from pipelines.synthetic import seasons, vocabulary
from pipelines.synthetic.feed import Feed, Scene, clock, correction, days, lasting, places, text, whole, yes
from pipelines.synthetic.seasons import DAY

#: Shares of all case numbers: first-instance civil is about half.
TYPES = {
    "civil": 0.55,
    "enforcement": 0.28,
    "pre_filing": 0.1,
    "criminal": 0.035,
    "administrative": 0.015,
    "second": 0.02,
}
MARKS = {
    "civil": "民初",
    "enforcement": "执",
    "pre_filing": "诉前调",
    "criminal": "刑初",
    "administrative": "行初",
    "second": "民终",
}
PROCEDURES = {"ordinary": 0.3, "summary": 0.5, "small_claims": 0.17, "special": 0.03}
DISPOSITIONS = {"judgment": 0.42, "mediated": 0.28, "withdrawn": 0.22, "dismissed": 0.06, "transferred": 0.02}
PARTIES = {"natural": 0.7, "company": 0.28, "agency": 0.02}
#: First instance, ordinary procedure: six months.
LIMIT_DAYS = 182
SEALED, MASS = 0.008, 0.01


def draw_court(scene: Scene) -> pl.DataFrame:
    """Cases of one block, in time order; dates only, as courts export them."""
    rng = scene.rng
    arrived = seasons.arrivals(scene.block, seasons.COURT, per_day=scene.per_day, mean=scene.mean_weight, rng=rng)
    count = len(arrived)
    kind = vocabulary.draw(TYPES, count, rng)
    corrected_at, corrected = correction(arrived, rng)
    cause = vocabulary.draw(vocabulary.COURT_MIX, count, rng)
    frame = places(scene, count).with_columns(
        clock(arrived).alias("_arrived_at"),
        pl.Series("_kind", kind),
        pl.Series("cause_text", cause),
        pl.Series("case_type", np.where(kind == "second", "civil", kind)),
        pl.Series("instance", np.where(kind == "second", "second", "first")),
        corrected_at.alias("_corrected_at"),
    )
    frame = frame.with_columns(_stages(arrived, rng)).with_columns(_texts(scene, count))
    by_time = yes(1 / 3, count, rng)
    wrong = vocabulary.draw(vocabulary.COURT_MIX, count, rng)
    frame = frame.with_columns(pl.Series("_shift", rng.integers(1, 4, count)))
    shift = pl.duration(days="_shift")
    return frame.with_columns(
        pl.when(pl.Series(corrected & ~by_time)).then(pl.Series(wrong)).otherwise("cause_text").alias("_old_class"),
        pl.when(pl.Series(corrected & by_time)).then(pl.col("filed_on") - shift).otherwise("filed_on").alias("_old_time"),
    )


def _stages(arrived: np.ndarray, rng: np.random.Generator) -> list[pl.Series]:
    """Receipt to close. Every time falls in the evening of its date, when the system is exported."""
    count = len(arrived)
    evening = 18 * 3600
    received = arrived // DAY * DAY
    filed = received + rng.integers(0, 6, count) * DAY
    hears = yes(0.8, count, rng)
    heard = filed + np.maximum(7, lasting(35 * DAY, 0.4, count, rng) // DAY) * DAY
    closed = np.where(hears, heard, filed) + np.maximum(1, lasting(35 * DAY, 0.7, count, rng) // DAY) * DAY
    money = np.round(np.exp(rng.normal(10.6, 1.3, count)), 2)
    return [
        days(received).alias("received_on"),
        days(filed).alias("filed_on"),
        days(heard, hears).alias("hearing_on"),
        days(closed).alias("closed_on"),
        days(filed + LIMIT_DAYS * DAY).alias("deadline_on"),
        clock(np.maximum(filed + evening, arrived)).alias("_filed_at"),
        clock(heard + evening, hears).alias("_heard_at"),
        clock(closed + evening).alias("_closed_at"),
        whole(rng.integers(1, 60, count), yes(0.1, count, rng)).alias("excluded_days"),
        pl.Series("claim_amount_yuan", money),
        pl.Series("procedure", vocabulary.draw(PROCEDURES, count, rng)),
        pl.Series("disposition", vocabulary.draw(DISPOSITIONS, count, rng)),
        pl.Series("party_kind", vocabulary.draw(PARTIES, count, rng)),
        pl.Series("is_mass", yes(MASS, count, rng)),
        pl.Series("is_sealed", yes(SEALED, count, rng)),
    ]


def _texts(scene: Scene, count: int) -> list[pl.Series | pl.Expr]:
    """Parties and places. The place of a dispute is a community's code, or a street's, or none (D13)."""
    rng = scene.rng
    plaintiff = scene.people.pool[rng.integers(0, folk.POOL, count)]
    defendant = scene.people.pool[rng.integers(0, folk.POOL, count)]
    fine = pl.Series(yes(0.8, count, rng))
    mediated = yes(0.08, count, rng)
    return [
        plaintiff["name"].alias("plaintiff_name"),
        plaintiff["id_no"].alias("plaintiff_id_no"),
        plaintiff["address"].alias("party_address"),
        defendant["name"].alias("defendant_name"),
        defendant["id_no"].alias("defendant_id_no"),
        text(vocabulary.draw({"agreed": 0.4, "failed": 0.6}, count, rng), mediated).alias("premed_result"),
        ("C" + pl.col("_district")).alias("court_code"),
        pl.when(fine).then(pl.col("_community")).otherwise(pl.col("_street")).alias("place_code"),
    ]


def finish_court(events: pl.DataFrame) -> pl.DataFrame:
    """Numbers by year, court and type, in order of filing."""
    year = pl.col("filed_on").dt.year()
    appeal = pl.when(pl.col("_kind") == "second").then(pl.lit("C00")).otherwise("court_code").alias("court_code")
    ordered = events.with_columns(year.alias("_year"), appeal).sort("_filed_at", maintain_order=True)
    order = pl.int_range(1, pl.len() + 1).over("_year", "court_code", "_kind")
    mark = pl.col("_kind").replace_strict(MARKS)
    number = pl.concat_str(
        pl.lit("（"), pl.col("_year").cast(pl.String), pl.lit("）云"), pl.col("_district").str.slice(2), mark,
        order.cast(pl.String), pl.lit("号"),
    )  # fmt: skip
    return ordered.with_columns(
        number.alias("source_case_no"),
        pl.col("cause_text").alias("cause_code"),
        pl.col("_old_class").alias("_old_cause"),
    ).sort("_arrived_at", maintain_order=True)


COURT = Feed(
    name="court_case",
    folder="court",
    draw=draw_court,
    finish=finish_court,
    main_time="filed_on",
    stages=("_filed_at", "_heard_at", "_closed_at"),
    gates={"hearing_on": "_heard_at", "closed_on": "_closed_at", "disposition": "_closed_at"},
    old={"cause_text": "_old_class", "cause_code": "_old_cause", "filed_on": "_old_time"},
    conflict="procedure",
    form="xlsx",
)
