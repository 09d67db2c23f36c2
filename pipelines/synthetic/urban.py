"""Urban-management cases of the invented city: report, acceptance, file, dispatch, handling, check, close.

Belongs here: how cases are drawn. Does not: the file's form (rows, render) or its dirt.
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

CHANNELS = {
    "inspector": 0.957,
    "public": 0.02,
    "hotline_transfer": 0.012,
    "leader": 0.004,
    "transfer": 0.004,
    "video": 0.003,
}
#: registered / accepted: 996 of 1,054 (Tianmen); the rest is refused.
REGISTERED = 0.945
DUPLICATES = 0.015
#: Cases that nobody moves for long: closed of due was 93.7 % in Tianmen.
STUCK = 0.05
SATISFACTION = {"5": 0.5, "4": 0.3, "3": 0.12, "2": 0.06, "1": 0.02}


def draw_urban(scene: Scene) -> pl.DataFrame:
    """Cases of one block, in time order."""
    rng = scene.rng
    arrived = seasons.arrivals(scene.block, seasons.URBAN, per_day=scene.per_day, mean=scene.mean_weight, rng=rng)
    count = len(arrived)
    category = vocabulary.draw(vocabulary.URBAN_MIX, count, rng)
    corrected_at, corrected = correction(arrived, rng)
    frame = places(scene, count).with_columns(
        clock(arrived).alias("_arrived_at"),
        pl.Series("small_code", category),
        pl.Series("intake_channel", vocabulary.draw(CHANNELS, count, rng)),
        pl.Series("is_supervised", yes(0.01, count, rng)),
        pl.Series("_link_draw", rng.random(count)),
        corrected_at.alias("_corrected_at"),
    )
    frame = frame.with_columns(_stages(arrived, category, rng)).with_columns(_texts(scene, count))
    by_time = yes(1 / 3, count, rng)
    wrong = vocabulary.draw(vocabulary.URBAN_MIX, count, rng)
    earlier = arrived - rng.integers(600, 6 * 3600, count)
    return frame.with_columns(
        pl.when(pl.Series(corrected & ~by_time)).then(pl.Series(wrong)).otherwise("small_code").alias("_old_class"),
        pl.when(pl.Series(corrected & by_time)).then(clock(earlier)).otherwise("reported_at").alias("_old_time"),
    )


def _limits(category: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Per case: limit, its unit, its length in seconds, the department."""
    keys = list(vocabulary.URBAN_LIMITS)
    at = np.searchsorted(np.array(sorted(keys)), category)
    rows = [vocabulary.URBAN_LIMITS[key] for key in sorted(keys)]
    value, unit, department = (np.array([row[n] for row in rows])[at] for n in range(3))
    hours = np.array([row[0] * vocabulary.UNIT_HOURS[row[1]] for row in rows])[at]
    return value, unit, (hours * 3600).astype(np.int64), department


def _stages(arrived: np.ndarray, category: np.ndarray, rng: np.random.Generator) -> list[pl.Series]:
    """Acceptance to close. A refused case has no deadline and is closed as void."""
    count = len(arrived)
    value, unit, length, department = _limits(category)
    registers = yes(REGISTERED, count, rng)
    accepted = arrived + lasting(600, 0.7, count, rng)
    registered = accepted + lasting(1200, 0.6, count, rng)
    dispatched = registered + lasting(1500, 0.7, count, rng)
    slow = np.where(department == "U02", 1.35, np.where(department == "U03", 1.15, 1.0))
    slow = slow * np.where(yes(STUCK, count, rng), 12.0, 1.0)
    handled = dispatched + lasting(length * 0.5 * slow, 0.65, count, rng)
    verified = handled + lasting(2 * 3600, 0.6, count, rng)
    closed = np.where(registers, verified + lasting(900, 0.5, count, rng), accepted + lasting(3600, 0.4, count, rng))
    forced = yes(0.004, count, rng)
    rework = yes(0.03, count, rng).astype(np.int64) * rng.integers(1, 3, count)
    rated = registers & yes(0.1, count, rng)
    return [
        clock(arrived).alias("reported_at"),
        clock(accepted).alias("accepted_at"),
        clock(registered, registers).alias("registered_at"),
        clock(dispatched, registers).alias("dispatched_at"),
        clock(handled, registers).alias("handled_at"),
        clock(verified, registers).alias("verified_at"),
        clock(closed).alias("closed_at"),
        clock(registered + length, registers).alias("deadline_at"),
        whole(value, registers).alias("limit_value"),
        text(unit, registers).alias("limit_type"),
        text(department, registers).alias("handle_dept_name"),
        text(np.full(count, "pass"), registers).alias("verify_result"),
        pl.Series("close_type", np.where(registers, np.where(forced, "forced", "normal"), "void")),
        pl.Series("native_status", np.full(count, "closed")),
        whole(rework, registers).alias("rework_n"),
        whole(yes(0.02, count, rng).astype(np.int64), registers).alias("return_n"),
        whole(yes(0.01, count, rng).astype(np.int64), registers).alias("extend_n"),
        text(vocabulary.draw(SATISFACTION, count, rng), rated).alias("satisfaction"),
    ]


def _texts(scene: Scene, count: int) -> list[pl.Series | pl.Expr]:
    """Places in words and personal data."""
    rng = scene.rng
    who = rng.integers(0, folk.POOL, count)
    person = scene.people.pool[who]
    road = pl.Series(words.ROADS)[rng.integers(0, len(words.ROADS), count)]
    number = pl.Series(rng.integers(1, 400, count)).cast(pl.String)
    return [
        person["name"].alias("reporter_name"),
        person["phone"].alias("reporter_phone"),
        (road + number + "号门前").alias("address_text"),
        folk.narratives(scene.people, who, rng).alias("description"),
        pl.col("_leaf").alias("grid_code"),
        pl.col("_leaf").str.slice(0, 15).alias("duty_grid_code"),
        pl.col("_street_name").alias("street_name"),
    ]


def finish_urban(events: pl.DataFrame) -> pl.DataFrame:
    """Nineteen-digit numbers by day and order; duplicates."""
    day = pl.col("_arrived_at").dt.strftime("%Y%m%d")
    order = pl.int_range(1, pl.len() + 1).over(pl.col("_arrived_at").dt.date())
    number = pl.concat_str(day, pl.lit("9901"), order.cast(pl.String).str.zfill(7))
    numbered = events.with_columns(number.alias("source_case_no"))
    return numbered.with_columns(
        previous_in_same_place(numbered, share=DUPLICATES).alias("duplicate_of_no"),
        *[pl.col("small_code").alias(name) for name in ("big_code", "class_text", "item_type")],
        *[pl.col("_old_class").alias(f"_old_{name}") for name in ("big_code", "class_text", "item_type")],
    )


_REGISTERED = ("limit_value", "limit_type", "handle_dept_name", "deadline_at", "registered_at")
_CLOSED = ("closed_at", "native_status", "close_type", "rework_n", "return_n", "extend_n", "satisfaction")
URBAN = Feed(
    name="urban_case",
    folder="urban",
    draw=draw_urban,
    finish=finish_urban,
    main_time="reported_at",
    stages=(
        "_arrived_at", "accepted_at", "registered_at", "dispatched_at", "handled_at", "verified_at", "closed_at",
    ),
    gates={
        "accepted_at": "accepted_at",
        "duplicate_of_no": "accepted_at",
        **dict.fromkeys(_REGISTERED, "registered_at"),
        "dispatched_at": "dispatched_at",
        "handled_at": "handled_at",
        "verified_at": "verified_at",
        "verify_result": "verified_at",
        **dict.fromkeys(_CLOSED, "closed_at"),
    },
    old={
        "small_code": "_old_class",
        "big_code": "_old_big_code",
        "class_text": "_old_class_text",
        "item_type": "_old_item_type",
        "reported_at": "_old_time",
    },
    conflict="is_supervised",
    before={"native_status": "open"},
    archive_encoding="utf-8-sig",
)  # fmt: skip
