"""Petitions of the invented city: registration, forwarding, acceptance notice, reply, call-back.

Belongs here: how matters are drawn. Does not: the file's form (rows, render) or its dirt.
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
    lasting,
    places,
    previous_in_same_place,
    text,
    whole,
    yes,
)  # fmt: skip
from pipelines.synthetic.seasons import DAY

CHANNELS = {"letter": 0.15, "visit": 0.25, "online": 0.45, "call": 0.1, "app": 0.05}
LEVELS = {"national": 0.03, "provincial": 0.08, "city": 0.24, "county": 0.45, "town": 0.2}
COMPETENT = {"city": 0.15, "county": 0.5, "town": 0.35}
PURPOSES = {"appeal": 0.7, "suggestion": 0.12, "report": 0.12, "consult": 0.06}
CLOSES = {"reply": 0.86, "withdrawn": 0.05, "not_accepted": 0.05, "to_litigation": 0.04}
SATISFACTION = {"5": 0.3, "4": 0.35, "3": 0.2, "2": 0.1, "1": 0.05}
HANDLERS = {"X01": 0.2, "X02": 0.2, "X03": 0.1, "U02": 0.25, "U03": 0.1, "U06": 0.15}
#: Petitions are due 60 days after registration, 30 more where extended; five persons and more make a group.
LIMIT_DAYS, EXTENSION_DAYS, GROUP_FROM = 60, 30, 5
GROUPS, EXTENDED, REPEATED = 0.05, 0.06, 0.14
#: Of the first petitions, the share that brings the matter of another one by another way and is merged into it.
MERGED = 0.12


def draw_petition(scene: Scene) -> pl.DataFrame:
    """Matters of one block, in time order."""
    rng = scene.rng
    arrived = seasons.arrivals(scene.block, seasons.PETITION, per_day=scene.per_day, mean=scene.mean_weight, rng=rng)
    count = len(arrived)
    corrected_at, corrected = correction(arrived, rng)
    category = vocabulary.draw(vocabulary.PETITION_MIX, count, rng)
    frame = places(scene, count).with_columns(
        clock(arrived).alias("_arrived_at"),
        pl.Series("subject_code", category),
        pl.Series("_link_draw", rng.random(count)),
        corrected_at.alias("_corrected_at"),
    )
    frame = frame.with_columns(_persons(count, rng) + _stages(arrived, rng)).with_columns(_texts(scene, count))
    by_time = yes(1 / 3, count, rng)
    wrong = vocabulary.draw(vocabulary.PETITION_MIX, count, rng)
    earlier = arrived - rng.integers(600, 6 * 3600, count)
    return frame.with_columns(
        pl.when(pl.Series(corrected & ~by_time)).then(pl.Series(wrong)).otherwise("subject_code").alias("_old_class"),
        pl.when(pl.Series(corrected & by_time)).then(clock(earlier)).otherwise("registered_at").alias("_old_time"),
    )


def _persons(count: int, rng: np.random.Generator) -> list[pl.Series]:
    """How many come, by which way, to whom."""
    group = yes(GROUPS, count, rng)
    persons = np.where(group, GROUP_FROM + rng.geometric(0.12, count), 1 + yes(0.15, count, rng).astype(np.int64))
    return [
        whole(persons).alias("persons_n"),
        whole(persons + rng.geometric(0.3, count) - 1).alias("affected_n"),
        pl.Series("intake_channel", np.where(group, "visit", vocabulary.draw(CHANNELS, count, rng))),
        pl.Series("is_repeat_src", np.where(yes(REPEATED, count, rng), "repeat", "first")),
        pl.Series("received_level", vocabulary.draw(LEVELS, count, rng)),
        pl.Series("competent_level", vocabulary.draw(COMPETENT, count, rng)),
        pl.Series("purpose", vocabulary.draw(PURPOSES, count, rng)),
    ]


def _stages(arrived: np.ndarray, rng: np.random.Generator) -> list[pl.Series]:
    """Registration to call-back."""
    count = len(arrived)
    forwarded = arrived + lasting(1.2 * DAY, 0.6, count, rng)
    notice = forwarded + lasting(5 * DAY, 0.5, count, rng)
    due = (arrived // DAY + LIMIT_DAYS) * DAY + DAY - 1
    extends = yes(EXTENDED, count, rng)
    closed = notice + lasting(26 * DAY * np.where(extends, 2.2, 1.0), 0.55, count, rng)
    calls = yes(0.5, count, rng)
    called = closed + lasting(2 * DAY, 0.5, count, rng)
    contacted = yes(0.9, count, rng)
    exempt = yes(0.03, count, rng)
    returned = yes(0.05, count, rng)
    return [
        clock(arrived).alias("registered_at"),
        clock(forwarded).alias("forwarded_at"),
        clock(notice).alias("accept_notice_at"),
        clock(due).alias("deadline_at"),
        clock(due + EXTENSION_DAYS * DAY, extends).alias("extended_to"),
        clock(closed).alias("closed_at"),
        pl.Series("close_type", vocabulary.draw(CLOSES, count, rng)),
        clock(called, calls).alias("callback_at"),
        text(contacted, calls).alias("contacted"),
        text(yes(0.75, count, rng), calls & contacted).alias("solved"),
        text(vocabulary.draw(SATISFACTION, count, rng), calls & contacted).alias("satisfaction"),
        pl.Series("exempt_flag", exempt),
        text(np.full(count, "not_in_scope"), exempt).alias("exempt_reason"),
        whole(returned.astype(np.int64)).alias("return_n"),
        text(np.full(count, "职责不符"), returned).alias("return_reason"),
        text(vocabulary.draw(HANDLERS, count, rng), np.ones(count, bool)).alias("lead_dept"),
    ]


def _texts(scene: Scene, count: int) -> list[pl.Series | pl.Expr]:
    """Places in words and personal data."""
    rng = scene.rng
    who = rng.integers(0, folk.POOL, count)
    person = scene.people.pool[who]
    content = folk.narratives(scene.people, who, rng)
    topic = pl.Series(words.NARRATIVES)[rng.integers(0, len(words.NARRATIVES), count)]
    return [
        person["name"].alias("petitioner_name"),
        person["id_no"].alias("petitioner_id_no"),
        person["phone"].alias("petitioner_phone"),
        person["address"].alias("petitioner_address"),
        ("关于" + topic + "的诉求").alias("title"),
        content.alias("content"),
        ("经核查,已处理。" + content.str.slice(-10)).alias("reply_text"),
        ("X" + pl.col("_district")).alias("handler_dept"),
        pl.col("_community").alias("place_code"),
        pl.when(pl.Series(yes(0.7, count, rng))).then(pl.col("_leaf")).alias("grid_code"),
    ]


def finish_petition(events: pl.DataFrame) -> pl.DataFrame:
    """Numbers by day and order; repeats and merged ones point at the matter before in the same leaf area."""
    day = pl.col("_arrived_at").dt.strftime("%Y%m%d")
    order = pl.int_range(1, pl.len() + 1).over(pl.col("_arrived_at").dt.date())
    numbered = events.with_columns(
        pl.concat_str(pl.lit("XF9901"), day, order.cast(pl.String).str.zfill(5)).alias("source_case_no")
    )
    before = pl.col("source_case_no").shift(1).over("_leaf", order_by="_arrived_at")
    repeats = pl.col("is_repeat_src") == "repeat"
    return numbered.with_columns(
        pl.when(repeats).then(before).alias("related_nos"),
        pl.when(~repeats).then(previous_in_same_place(numbered, share=MERGED)).alias("merged_into_no"),
    )


_CLOSED = ("closed_at", "close_type", "reply_text")
_CALLED = ("callback_at", "contacted", "solved", "satisfaction")
PETITION = Feed(
    name="petition",
    folder="petition",
    draw=draw_petition,
    finish=finish_petition,
    main_time="registered_at",
    stages=("_arrived_at", "forwarded_at", "accept_notice_at", "closed_at", "callback_at"),
    gates={
        "forwarded_at": "forwarded_at",
        "lead_dept": "forwarded_at",
        "merged_into_no": "forwarded_at",
        "accept_notice_at": "accept_notice_at",
        "extended_to": "accept_notice_at",
        **dict.fromkeys(_CLOSED, "closed_at"),
        **dict.fromkeys(_CALLED, "callback_at"),
    },
    old={"subject_code": "_old_class", "registered_at": "_old_time"},
    conflict="affected_n",
    form="xlsx",
)
