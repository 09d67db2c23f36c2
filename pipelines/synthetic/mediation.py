"""Mediations of the invented city: acceptance, agreement or failure, performance, confirmation, what followed.

Belongs here: how files are drawn. Does not: the file's form (rows, render), its dirt, which other case a file names
(referrals).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.synthetic import people as folk
from pipelines.synthetic import seasons, vocabulary
from pipelines.synthetic.feed import Feed, Scene, clock, correction, days, lasting, places, text, whole, yes
from pipelines.synthetic.seasons import DAY

INTAKES = {
    "apply": 0.46, "active": 0.2, "police_referral": 0.12, "court_referral": 0.09, "petition_referral": 0.08,
    "procuratorate_referral": 0.02, "arbitration_referral": 0.03,
}  # fmt: skip
#: Agreed of concluded: Rizhao 89.3 %; withdrawn are concluded too.
RESULTS = {"agreed": 0.86, "failed": 0.12, "withdrawn": 0.02}
PERFORMANCE = {"full": 0.9, "partial": 0.03, "none": 0.05, "disputed": 0.02}
NEXT_STEPS = {"litigation": 0.38, "petition": 0.12, "none": 0.5}
DIFFICULTY = {"simple": 0.6, "general": 0.32, "hard": 0.08}
PREVENTED = {"suicide": 0.3, "crime": 0.5, "fight": 0.05, "mass_petition": 0.15}
CALLBACKS = {"satisfied": 0.85, "dissatisfied": 0.06, "unreached": 0.09}
#: Committees of trades by the kind of dispute that they take.
INDUSTRY = {"2011": "T01", "2012": "T02", "2010": "T03", "2009": "T04"}
APPLIES, CONFIRMED, PREVENTS, PREVENTION_CONFIRMED, CALLED = 0.12, 0.85, 0.02, 0.75, 0.6


def draw_mediation(scene: Scene) -> pl.DataFrame:
    """Files of one block, in time order; dates only, as ledgers hold them."""
    rng = scene.rng
    arrived = seasons.arrivals(scene.block, seasons.MEDIATION, per_day=scene.per_day, mean=scene.mean_weight, rng=rng)
    count = len(arrived)
    corrected_at, corrected = correction(arrived, rng)
    category = vocabulary.draw(vocabulary.MEDIATION_MIX, count, rng)
    frame = places(scene, count).with_columns(
        clock(arrived).alias("_arrived_at"),
        pl.Series("dispute_type", category),
        corrected_at.alias("_corrected_at"),
        pl.Series("_lead_draw", rng.random(count)),
        pl.Series("_lead_days", rng.integers(5, 260, count)),
    )
    frame = frame.with_columns(_outcome(arrived, category, rng)).with_columns(_texts(scene, category))
    by_time = yes(1 / 3, count, rng)
    wrong = vocabulary.draw(vocabulary.MEDIATION_MIX, count, rng)
    before = days(arrived // DAY * DAY - rng.integers(1, 4, count) * DAY)
    return frame.with_columns(
        pl.when(pl.Series(corrected & ~by_time)).then(pl.Series(wrong)).otherwise("dispute_type").alias("_old_class"),
        pl.when(pl.Series(corrected & by_time)).then(before).otherwise("accepted_on").alias("_old_time"),
    )


def _outcome(arrived: np.ndarray, category: np.ndarray, rng: np.random.Generator) -> list[pl.Series]:
    """Acceptance to call-back. Every date is entered in its evening; the arrival is the file's first entry."""
    count, evening = len(arrived), 18 * 3600
    accepted = arrived // DAY * DAY
    concluded = accepted + lasting(9 * DAY, 0.9, count, rng) // DAY * DAY
    result = vocabulary.draw(RESULTS, count, rng)
    agreed, failed = result == "agreed", result == "failed"
    due = concluded + np.where(yes(0.4, count, rng), 0, rng.integers(3, 120, count)) * DAY
    performance = vocabulary.draw(PERFORMANCE, count, rng)
    performs = agreed & np.isin(performance, ["full", "partial"])
    performed = np.maximum(concluded, due + rng.integers(-20, 15, count) * DAY)
    known = np.where(performs, performed, due + rng.integers(5, 40, count) * DAY)
    applies = agreed & yes(APPLIES, count, rng)
    applied = concluded + rng.integers(1, 30, count) * DAY
    confirmed = applies & yes(CONFIRMED, count, rng)
    step = np.where((category == "2009") & yes(0.7, count, rng), "arbitration", vocabulary.draw(NEXT_STEPS, count, rng))
    stepped = concluded + lasting(60 * DAY, 1.0, count, rng) // DAY * DAY
    prevents = yes(PREVENTS, count, rng)
    called = yes(CALLED, count, rng)
    calls = concluded + rng.integers(3, 30, count) * DAY
    return [
        days(accepted).alias("accepted_on"),
        pl.Series("result", result),
        days(concluded).alias("concluded_on"),
        days(concluded, agreed).alias("agreed_on"),
        days(due, agreed).alias("due_on"),
        text(performance, agreed).alias("performance"),
        days(performed, performs).alias("performed_on"),
        days(applied, applies).alias("confirm_applied_on"),
        pl.Series("_confirms", confirmed),
        text(step, failed).alias("next_step"),
        days(stepped, failed & (step != "none") & yes(0.8, count, rng)).alias("next_step_on"),
        text(vocabulary.draw(PREVENTED, count, rng), prevents).alias("prevented_kind"),
        text(np.full(count, "X10"), prevents & yes(PREVENTION_CONFIRMED, count, rng)).alias("prevented_confirmed_by"),
        days(calls, called).alias("callback_on"),
        text(vocabulary.draw(CALLBACKS, count, rng), called).alias("callback_result"),
        clock(np.maximum(concluded + evening, arrived)).alias("_concluded_at"),
        clock(known + evening, agreed).alias("_known_at"),
        clock(applied + evening, applies).alias("_applied_at"),
        clock(applied + rng.integers(5, 30, count) * DAY + evening, confirmed).alias("_confirmed_at"),
        clock(stepped + evening, failed).alias("_stepped_at"),
        clock(calls + evening, called).alias("_called_at"),
    ]


def _texts(scene: Scene, category: np.ndarray) -> list[pl.Series | pl.Expr]:
    """Who mediates, by which way it came, who is in dispute."""
    rng, count = scene.rng, len(category)
    kind = np.where(yes(0.65, count, rng), "village", "street")
    trade = np.isin(category, list(INDUSTRY)) & yes(0.6, count, rng)
    kind = np.where(trade, "industry", kind)
    industry = pl.Series(category).replace_strict(INDUSTRY, default=None, return_dtype=pl.String)
    who, other = rng.integers(0, folk.POOL, count), rng.integers(0, folk.POOL, count)
    intake = vocabulary.draw(INTAKES, count, rng)
    form = vocabulary.draw({"written": 0.7, "oral": 0.3}, count, rng)
    return [
        pl.Series("committee_kind", kind),
        pl.when(pl.Series(kind == "industry")).then(industry)
        .when(pl.Series(kind == "village")).then("T" + pl.col("_community")).otherwise("T" + pl.col("_street"))
        .alias("committee"),
        pl.Series("intake", intake),
        pl.struct(pl.Series("intake", intake), "_street", "_district").struct.with_fields(
            pl.when(pl.field("intake") == "police_referral").then("P" + pl.field("_street"))
            .when(pl.field("intake") == "court_referral").then("C" + pl.field("_district"))
            .when(pl.field("intake") == "petition_referral").then("X" + pl.field("_district"))
            .when(pl.field("intake") == "procuratorate_referral").then(pl.lit("X13"))
            .when(pl.field("intake") == "arbitration_referral").then("L" + pl.field("_district"))
            .alias("by")
        ).struct.field("by").alias("referred_by"),
        scene.people.pool["name"].gather(who).alias("party_name"),
        scene.people.pool["id_no"].gather(who).alias("party_id_no"),
        scene.people.pool["name"].gather(other).alias("respondent_name"),
        scene.people.pool["name"].gather(rng.integers(0, folk.POOL, count)).alias("mediator"),
        folk.narratives(scene.people, who, rng).alias("brief"),
        whole(2 + rng.geometric(0.5, count) - 1).alias("persons_n"),
        pl.Series("amount_yuan", np.round(np.exp(rng.normal(8.6, 1.2, count)), 2)),
        pl.Series("difficulty", vocabulary.draw(DIFFICULTY, count, rng)),
        whole(rng.geometric(0.6, count)).alias("sessions_n"),
        text(form, np.ones(count, bool)).alias("_form"),
        pl.when(pl.Series(yes(0.85, count, rng))).then("_community").otherwise("_street").alias("place_code"),
        pl.when(pl.Series(yes(0.3, count, rng))).then("_leaf").alias("grid_code"),
    ]  # fmt: skip


def finish_mediation(events: pl.DataFrame) -> pl.DataFrame:
    """Numbers by day and order, of files, agreements and rulings."""
    day = pl.col("_arrived_at").dt.strftime("%Y%m%d")
    order = pl.int_range(1, pl.len() + 1).over(pl.col("_arrived_at").dt.date())
    number = pl.concat_str(day, order.cast(pl.String).str.zfill(3))
    agreed = pl.col("result") == "agreed"
    year = pl.col("confirm_applied_on").dt.year().cast(pl.String)
    ruling = pl.concat_str(
        pl.lit("（"), year, pl.lit("）云"), pl.col("_district").str.slice(2), pl.lit("民特"), pl.col("_number").str.slice(4),
        pl.lit("号"),
    )  # fmt: skip
    return events.with_columns(number.alias("_number")).with_columns(
        ("TJ" + pl.col("_number")).alias("source_case_no"),
        pl.when(agreed).then("_form").alias("agreement_form"),
        pl.when(agreed & (pl.col("_form") == "written")).then("XY" + pl.col("_number")).alias("agreement_no"),
        pl.when(pl.col("_confirms")).then(ruling).alias("confirm_case_no"),
    )


_CONCLUDED = (
    "concluded_on", "agreed_on", "due_on", "agreement_form", "agreement_no", "prevented_kind", "prevented_confirmed_by",
    "result", "amount_yuan", "sessions_n",
)  # fmt: skip
MEDIATION = Feed(
    name="mediation",
    folder="mediation",
    draw=draw_mediation,
    finish=finish_mediation,
    main_time="accepted_on",
    stages=("_arrived_at", "_concluded_at", "_known_at", "_applied_at", "_confirmed_at", "_stepped_at", "_called_at"),
    gates={
        **dict.fromkeys(_CONCLUDED, "_concluded_at"),
        **dict.fromkeys(("performance", "performed_on"), "_known_at"),
        "confirm_applied_on": "_applied_at",
        "confirm_case_no": "_confirmed_at",
        **dict.fromkeys(("next_step", "next_step_on"), "_stepped_at"),
        **dict.fromkeys(("callback_on", "callback_result"), "_called_at"),
    },
    old={"dispute_type": "_old_class", "accepted_on": "_old_time"},
    conflict="persons_n",
    before={"result": "open"},
    form="xlsx",
)
