"""Orders of the invented 12345 hotline: enquiries answered on the line, requests sent to units, replies, call-backs.

Belongs here: how orders are drawn, which of them repeat or merge, which are about a petition's matter. Does not: the
separate feed of call-backs (callback), the file's form (rows, render) or its dirt.
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

HOUR = 3600
CHANNELS = {"call": 0.72, "app": 0.12, "online": 0.16}
#: Beijing 2019-2021: of 31.34 million calls 41.5 % were requests, 58.5 % enquiries; a few enquiries go to a unit too.
KINDS = {
    "enquiry": 0.56, "help": 0.2, "complaint": 0.15, "tip_off": 0.03, "suggestion": 0.03, "praise": 0.01, "invalid": 0.02,
}  # fmt: skip
REQUESTS = ("help", "complaint", "tip_off", "suggestion")
DISPATCHED_ENQUIRIES = 0.04
#: Days a unit has, by tier, and how often; five in a hundred get as much again.
TIERS = {7: 0.7, 15: 0.3}
EXTENDED = 0.05
SATISFACTION = {"5": 0.28, "4": 0.34, "3": 0.2, "2": 0.12, "1": 0.06}
HANDLERS = {"U01": 0.3, "U02": 0.2, "U03": 0.1, "U05": 0.1, "U06": 0.12, "U07": 0.08, "X01": 0.1}
EXEMPT_REASONS = {"not_in_scope": 0.4, "legal_route": 0.25, "no_basis": 0.2, "unreasonable": 0.1, "force_majeure": 0.05}
#: Shares: of requests exempted, of those without a reason; of orders that repeat; merged; about a petition's matter.
EXEMPT, WITHOUT_REASON, REPEATED, MERGED, SAME_MATTER = 0.06, 0.15, 0.1, 0.03, 0.05
#: Some places trouble their neighbours for so many days, one in so many orders; this share of all orders come back to one.
SORE, SORE_DAYS, SORE_AMONG = 0.1, 120, 120


def draw_hotline(scene: Scene) -> pl.DataFrame:
    """Orders of one block, in time order. The scene's parents are petitions."""
    rng = scene.rng
    arrived = seasons.arrivals(scene.block, seasons.HOTLINE, per_day=scene.per_day, mean=scene.mean_weight, rng=rng)
    count = len(arrived)
    corrected_at, corrected = correction(arrived, rng)
    category = vocabulary.draw(vocabulary.HOTLINE_MIX, count, rng)
    frame = places(scene, count).with_columns(
        clock(arrived).alias("_arrived_at"),
        pl.Series("subject_code", category),
        pl.Series("_link_draw", rng.random(count)),
        pl.Series("_repeat_draw", rng.random(count)),
        corrected_at.alias("_corrected_at"),
    )
    frame = _sore_places(arrived, frame, rng)
    frame = frame.with_columns(_stages(arrived, rng)).with_columns(_texts(scene, count))
    wrong = vocabulary.draw(vocabulary.HOTLINE_MIX, count, rng)
    return _same_matter(scene, frame).with_columns(
        pl.when(pl.Series(corrected)).then(pl.Series(wrong)).otherwise("subject_code").alias("_old_class"),
        pl.lit(None, pl.String).alias("merged_into_no"),
    )


def _sore_places(arrived: np.ndarray, frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Some orders repeat, at its place, what one of the first orders of their days was about."""
    span = arrived // (SORE_DAYS * DAY)
    begin, end = np.searchsorted(span, span), np.searchsorted(span, span, side="right")
    first = frame[begin + (np.arange(frame.height) - begin) % np.maximum(1, (end - begin) // SORE_AMONG)]
    again = pl.Series(yes(SORE, frame.height, rng))
    shared = [name for name in frame.columns if name not in ("_arrived_at", "_link_draw", "_repeat_draw", "_corrected_at")]
    moved = [pl.when(again).then(first[name]).otherwise(pl.col(name)).alias(name) for name in shared]
    return frame.with_columns(*moved, pl.when(again).then(0.0).otherwise("_repeat_draw").alias("_repeat_draw"))


def _stages(arrived: np.ndarray, rng: np.random.Generator) -> list[pl.Series]:
    """What is asked, and its way from the line or the unit back to the citizen."""
    count = len(arrived)
    kind = vocabulary.draw(KINDS, count, rng)
    sent = np.isin(kind, REQUESTS) | ((kind == "enquiry") & yes(DISPATCHED_ENQUIRIES, count, rng))
    dispatched = arrived + lasting(0.8 * HOUR, 0.7, count, rng)
    signed = dispatched + lasting(3 * HOUR, 0.8, count, rng)
    met = signed + lasting(8 * HOUR, 0.8, count, rng)
    limit = vocabulary.draw({str(days): share for days, share in TIERS.items()}, count, rng).astype(np.int64)
    due = (arrived // DAY + limit) * DAY + DAY - 1
    extends = sent & yes(EXTENDED, count, rng)
    on_line = arrived + lasting(400, 0.5, count, rng)
    closed = np.where(sent, met + lasting(3.5 * DAY, 0.8, count, rng), on_line)
    exempt = sent & yes(EXEMPT, count, rng)
    returned = sent & yes(0.06, count, rng)
    return [
        pl.Series("intake_channel", vocabulary.draw(CHANNELS, count, rng)),
        pl.Series("purpose", kind),
        clock(arrived).alias("registered_at"),
        pl.Series("answered_on_line", ~sent),
        clock(dispatched, sent).alias("dispatched_at"),
        clock(signed, sent).alias("acknowledged_at"),
        clock(met, sent).alias("first_contact_at"),
        clock(due, sent).alias("deadline_at"),
        clock(due + limit * DAY, extends).alias("extended_to"),
        clock(closed).alias("closed_at"),
        pl.Series("close_type", ["reply"] * count, dtype=pl.String),
        text(vocabulary.draw(HANDLERS, count, rng), sent).alias("lead_dept"),
        pl.Series("exempt_flag", exempt),
        text(vocabulary.draw(EXEMPT_REASONS, count, rng), exempt & ~yes(WITHOUT_REASON, count, rng)).alias("exempt_reason"),
        whole(returned.astype(np.int64)).alias("return_n"),
        text(np.full(count, "职责不符"), returned).alias("return_reason"),
        whole(rng.poisson(0.2, count)).alias("urge_n"),
        *_own_call(closed, sent, rng),
    ]


def _own_call(closed: np.ndarray, sent: np.ndarray, rng: np.random.Generator) -> list[pl.Series]:
    """The call-back that the hotline itself writes down: of a quarter of the requests."""
    count = len(closed)
    calls = sent & yes(0.25, count, rng)
    answered = calls & yes(0.8, count, rng)
    return [
        clock(closed + lasting(1.2 * DAY, 0.6, count, rng), calls).alias("callback_at"),
        text(yes(0.9, count, rng), answered).alias("contacted"),
        text(yes(0.72, count, rng), answered).alias("solved"),
        text(vocabulary.draw(SATISFACTION, count, rng), answered).alias("satisfaction"),
    ]


def _texts(scene: Scene, count: int) -> list[pl.Series | pl.Expr]:
    """Places in words and personal data."""
    rng = scene.rng
    who = rng.integers(0, folk.POOL, count)
    person = scene.people.pool[who]
    content = folk.narratives(scene.people, who, rng)
    topic = pl.Series(words.NARRATIVES)[rng.integers(0, len(words.NARRATIVES), count)]
    return [
        person["name"].alias("caller_name"),
        person["phone"].alias("caller_phone"),
        person["address"].alias("caller_address"),
        ("反映" + topic).alias("title"),
        content.alias("content"),
        ("已转办并答复。" + content.str.slice(-10)).alias("reply_text"),
        pl.lit("H00").alias("handler_dept"),
        pl.col("_community").alias("place_code"),
        pl.when(pl.Series(yes(0.6, count, rng))).then(pl.col("_leaf")).alias("grid_code"),
    ]


def _same_matter(scene: Scene, frame: pl.DataFrame) -> pl.DataFrame:
    """Some requests are about a petition of the days before: they name it (`_petition_no`) and lie where it lies."""
    rng, petitions = scene.rng, scene.parents
    none = pl.lit(None, pl.String).alias("_petition_no")
    draw, back = rng.random(frame.height), rng.integers(0, 4, frame.height)
    if petitions is None or petitions.is_empty():
        return frame.with_columns(none)
    # Petitions that were themselves filed twice are more likely to be taken to the hotline too.
    twice = petitions["merged_into_no"].is_not_null().to_numpy()
    order = np.sort(np.concatenate([np.arange(petitions.height), *[np.flatnonzero(twice)] * 8]))
    times = petitions["_arrived_at"].gather(order)
    at = times.search_sorted(frame["_arrived_at"]).to_numpy().astype(np.int64) - 1 - back
    about = (draw < SAME_MATTER) & (at >= 0) & ~frame["answered_on_line"].to_numpy()
    petition = petitions[order[np.maximum(at, 0)]]
    shared = [c for c in frame.columns if c in ("_leaf", "_leaf_name", "_community", "_street", "_district", "community_name",
                                                "_street_name", "lon", "lat", "place_code", "grid_code")]  # fmt: skip
    moved = [pl.when(pl.Series(about)).then(petition[name]).otherwise(pl.col(name)).alias(name) for name in shared]
    return frame.with_columns(*moved, text(petition["source_case_no"].to_numpy(), about).alias("_petition_no"))


def finish_hotline(events: pl.DataFrame) -> pl.DataFrame:
    """Numbers by day and order; a repeat names the order before in the same leaf area, a merged order is part of it."""
    day = pl.col("_arrived_at").dt.strftime("%y%m%d")
    order = pl.int_range(1, pl.len() + 1).over(pl.col("_arrived_at").dt.date())
    numbered = events.with_columns(pl.concat_str(pl.lit("RX"), day, order.cast(pl.String).str.zfill(6)).alias("source_case_no"))
    before = pl.col("source_case_no").shift(1).over("_leaf", order_by="_arrived_at")
    repeats = (pl.col("_repeat_draw") < REPEATED) & before.is_not_null()
    linked = numbered.with_columns(
        previous_in_same_place(numbered, share=MERGED).alias("merged_into_no"),
        pl.when(repeats).then(pl.lit("repeat")).otherwise(pl.lit("first")).alias("is_repeat_src"),
        pl.when(repeats).then(before).alias("_earlier_no"),
    )
    named = pl.concat_str("_earlier_no", "_petition_no", separator="、", ignore_nulls=True)
    return linked.with_columns(pl.when(named != "").then(named).alias("related_nos"))


_DISPATCHED = ("dispatched_at", "deadline_at", "lead_dept")
_CLOSED = ("closed_at", "close_type", "reply_text", "exempt_flag", "exempt_reason", "return_n", "return_reason")
_CALLED = ("callback_at", "contacted", "solved", "satisfaction")
HOTLINE = Feed(
    name="hotline_order",
    folder="hotline",
    draw=draw_hotline,
    finish=finish_hotline,
    main_time="registered_at",
    stages=("_arrived_at", "dispatched_at", "acknowledged_at", "first_contact_at", "closed_at", "callback_at"),
    gates={
        **dict.fromkeys(_DISPATCHED, "dispatched_at"),
        "merged_into_no": "dispatched_at",
        "acknowledged_at": "acknowledged_at",
        "first_contact_at": "first_contact_at",
        "extended_to": "acknowledged_at",
        **dict.fromkeys(_CLOSED, "closed_at"),
        **dict.fromkeys(_CALLED, "callback_at"),
    },
    old={"subject_code": "_old_class"},
    conflict="urge_n",
    parent="petition",
)
