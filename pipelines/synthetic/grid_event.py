"""Grid events of the invented city: report, dispatch, signing, handling, check, close; moves between levels.

Belongs here: how events are drawn. Does not: whistles and assistance about them (grid_acts), the file's form or its dirt.
"""

from __future__ import annotations

import json

import numpy as np
import polars as pl

from pipelines.synthetic import modes, seasons, vocabulary, words
from pipelines.synthetic import people as folk
from pipelines.synthetic.feed import Feed, Scene, clock, correction, lasting, places, text, whole, yes
from pipelines.synthetic.seasons import DAY

#: Three in four are found on patrol.
REPORTERS = {"grid_staff": 0.72, "resident": 0.24, "sensor": 0.04}
SEVERITIES = {"4": 0.8, "3": 0.15, "2": 0.04, "1": 0.01}
SATISFACTION = {"5": 0.45, "4": 0.35, "3": 0.13, "2": 0.05, "1": 0.02}
#: Of events of a domain, the kind of grid work; a few are of any other kind.
TASKS = {"20": "dispute_resolution", "40": "safety_inspection", "30": "environment", "31": "environment",
         "50": "resident_affairs", "60": "legal_publicity", "90": "resident_affairs"}  # fmt: skip
OTHER_TASKS = {"basic_information": 0.6, "key_groups": 0.15, "safe_community": 0.25}
OTHER_TASK = 0.08
#: What grid staff settle on the spot; what moves up, how often it moves again, what moves back down.
SELF_HANDLED, MOVED_UP, MOVED_AGAIN, MOVED_DOWN = 0.6, 0.09, 0.35, 0.15
REASONS = ("no_authority", "cross_grid", "overdue", "major", "return_limit")
#: Units that a whistle calls, how many at once.
UNITS, CALLED = ("U01", "U02", "U03", "U05", "U06", "X01", "X02"), {"1": 0.55, "2": 0.3, "3": 0.15}
#: Entered days later, at a month's end (D19); tasks of the emergency while one lasts.
BACKFILLED, EMERGENCY = 0.05, 0.3
RETURNED, STUCK, WHISTLED = 0.06, 0.02, 0.3
GRID_LEVEL = 4


def draw_grid_event(scene: Scene) -> pl.DataFrame:
    """Events of one block, in time order."""
    rng = scene.rng
    arrived = seasons.arrivals(scene.block, seasons.GRID, per_day=scene.per_day, mean=scene.mean_weight, rng=rng)
    count = len(arrived)
    category = vocabulary.draw(vocabulary.GRID_MIX, count, rng)
    corrected_at, corrected = correction(arrived, rng)
    backfilled = yes(BACKFILLED, count, rng)
    lag = np.where(backfilled, rng.integers(3 * DAY, 28 * DAY, count), lasting(1500, 1.0, count, rng))
    task = np.where(
        yes(OTHER_TASK, count, rng), vocabulary.draw(OTHER_TASKS, count, rng), np.array([TASKS[c[:2]] for c in category])
    )
    frame = places(scene, count).with_columns(
        clock(arrived).alias("_arrived_at"),
        clock(arrived - lag).alias("occurred_at"),
        pl.Series("class_l2_code", category),
        pl.Series("task_kind", task),
        pl.Series("reporter_kind", vocabulary.draw(REPORTERS, count, rng)),
        pl.Series("severity", vocabulary.draw(SEVERITIES, count, rng)),
        pl.Series("_emergency_draw", rng.random(count)),
        corrected_at.alias("_corrected_at"),
    )
    frame = frame.with_columns(_stages(arrived, frame["reporter_kind"].to_numpy(), rng)).with_columns(_texts(scene, count))
    by_time = yes(1 / 3, count, rng)
    wrong = vocabulary.draw(vocabulary.GRID_MIX, count, rng)
    earlier = arrived - rng.integers(600, 6 * 3600, count)
    return modes.with_mode(frame, scene.city, share=EMERGENCY).with_columns(
        pl.when(pl.Series(corrected & ~by_time)).then(pl.Series(wrong)).otherwise("class_l2_code").alias("_old_class"),
        pl.when(pl.Series(corrected & by_time)).then(clock(earlier)).otherwise("reported_at").alias("_old_time"),
    )


def _stages(arrived: np.ndarray, reporter: np.ndarray, rng: np.random.Generator) -> list[pl.Series]:
    """Dispatch to close. What is settled on the spot is dispatched to nobody, signed by nobody and stays in the grid."""
    count = len(arrived)
    own = (reporter == "grid_staff") & yes(SELF_HANDLED, count, rng)
    dispatched = arrived + lasting(1500, 0.8, count, rng)
    signed = dispatched + lasting(4800, 0.8, count, rng)
    slow = np.where(yes(STUCK, count, rng), 60.0, 1.0)
    handled = np.where(own, arrived + lasting(2400, 0.7, count, rng), signed + lasting(20 * 3600 * slow, 0.8, count, rng))
    verified = handled + lasting(6 * 3600, 0.6, count, rng)
    closed = verified + lasting(3600, 0.6, count, rng)
    up = ~own & yes(MOVED_UP, count, rng)
    moves = np.where(up, 1 + yes(MOVED_AGAIN, count, rng) + yes(MOVED_AGAIN / 3, count, rng), 0)
    down = up & yes(MOVED_DOWN, count, rng)
    moved = (dispatched + (handled - dispatched) * rng.uniform(0.1, 0.8, count)).astype(np.int64)
    returned = ~own & yes(RETURNED, count, rng)
    return [
        clock(arrived).alias("reported_at"),
        clock(dispatched, ~own).alias("dispatched_at"),
        clock(signed, ~own).alias("acknowledged_at"),
        clock(handled).alias("handled_at"),
        clock(verified).alias("verified_at"),
        clock(closed).alias("closed_at"),
        clock(moved, up).alias("_moved_at"),
        _moves(moved, moves, down, rng),
        whole(moves).alias("_escalation_n"),
        whole(GRID_LEVEL - moves + down).alias("handling_level"),
        pl.Series("self_handled", own),
        whole(returned * rng.integers(1, 3, count)).alias("return_n"),
        text(vocabulary.draw(SATISFACTION, count, rng), yes(0.3, count, rng)).alias("satisfaction"),
        whole(rng.integers(0, 5, count)).alias("attachment_n"),
        pl.Series("_whistle_draw", np.where(own, 1.0, rng.random(count))),
    ]


def _moves(moved: np.ndarray, moves: np.ndarray, down: np.ndarray, rng: np.random.Generator) -> pl.Series:
    """The record of moves as the platform's interface tells it: an array of objects, with the hand that did it."""
    times = clock(moved).dt.strftime("%Y-%m-%d %H:%M:%S").to_list()
    reasons = rng.integers(0, len(REASONS), len(moved)).tolist()
    told: list[str | None] = []
    for at, n, back, reason in zip(times, moves.tolist(), down.tolist(), reasons, strict=True):
        steps = [(GRID_LEVEL - k, GRID_LEVEL - k - 1) for k in range(n)]
        steps += [(GRID_LEVEL - n, GRID_LEVEL - n + 1)] if back else []
        record = [
            {"原层级": before, "现层级": after, "流转时间": at, "流转原因": REASONS[reason], "操作人": f"{folk.MARKER}{n:06d}"}
            for before, after in steps
        ]
        told.append(json.dumps(record, ensure_ascii=False) if record else None)
    return pl.Series("escalations", told, dtype=pl.String)


def _texts(scene: Scene, count: int) -> list[pl.Series | pl.Expr]:
    """Places in words, units and personal data."""
    rng = scene.rng
    who = rng.integers(0, folk.POOL, count)
    person = scene.people.pool[who]
    road = pl.Series(words.ROADS)[rng.integers(0, len(words.ROADS), count)]
    scanned = yes(0.3, count, rng)
    street = "S" + pl.col("_street")
    whistles = pl.col("_whistle_draw") < WHISTLED
    called, names = _called(scene, count)
    return [
        person["name"].alias("reporter_name"),
        folk.narratives(scene.people, who, rng).alias("title"),
        (road + pl.Series(rng.integers(1, 400, count)).cast(pl.String) + "号").alias("address_text"),
        pl.col("_leaf").alias("grid_code"),
        pl.when(pl.Series(scanned)).then(pl.col("_leaf")).alias("qr_grid_code"),
        pl.when(~pl.col("self_handled")).then(street).alias("handle_org"),
        pl.when(whistles).then(street).alias("whistle_org"),
        pl.when(whistles).then(called).alias("_called"),
        pl.when(whistles).then(names).alias("called_orgs"),
    ]


def _called(scene: Scene, count: int) -> tuple[pl.Series, pl.Series]:
    """Units that a whistle would call: their ids with a bar between, and their names as a JSON array."""
    first = scene.rng.integers(0, len(UNITS), count).tolist()
    many = vocabulary.draw(CALLED, count, scene.rng).astype(np.int64).tolist()
    chosen = [[UNITS[(at + n) % len(UNITS)] for n in range(k)] for at, k in zip(first, many, strict=True)]
    names = dict(scene.city.departments.select("dept_id", "name_zh").iter_rows())
    told = [json.dumps([names[unit] for unit in units], ensure_ascii=False) for units in chosen]
    return pl.Series(["|".join(units) for units in chosen], dtype=pl.String), pl.Series(told, dtype=pl.String)


def finish_grid_event(events: pl.DataFrame) -> pl.DataFrame:
    """Numbers by day and order; the stage that the platform shows in the end."""
    day = pl.col("_arrived_at").dt.strftime("%Y%m%d")
    order = pl.int_range(1, pl.len() + 1).over(pl.col("_arrived_at").dt.date())
    number = pl.concat_str(pl.lit("WG9901"), day, order.cast(pl.String).str.zfill(5))
    return events.with_columns(
        number.alias("source_case_no"),
        pl.lit("closed").alias("current_stage"),
        pl.col("class_l2_code").alias("class_l1_code"),
        pl.col("_old_class").alias("_old_l1"),
    )


_DISPATCHED = ("dispatched_at", "handle_org", "whistle_org", "called_orgs")
_MOVED = ("escalations", "_escalation_n", "handling_level")
_CLOSED = ("closed_at", "satisfaction", "return_n", "attachment_n", "current_stage")
GRID_EVENT = Feed(
    name="grid_event",
    folder="grid",
    draw=draw_grid_event,
    finish=finish_grid_event,
    main_time="reported_at",
    stages=("_arrived_at", "dispatched_at", "acknowledged_at", "_moved_at", "handled_at", "verified_at", "closed_at"),
    gates={
        **dict.fromkeys(_DISPATCHED, "dispatched_at"),
        "acknowledged_at": "acknowledged_at",
        **dict.fromkeys(_MOVED, "_moved_at"),
        "handled_at": "handled_at",
        "verified_at": "verified_at",
        **dict.fromkeys(_CLOSED, "closed_at"),
    },
    old={"class_l2_code": "_old_class", "class_l1_code": "_old_l1", "reported_at": "_old_time"},
    conflict="attachment_n",
    before={"handling_level": GRID_LEVEL, "_escalation_n": 0, "current_stage": "reported"},
    form="jsonl",
)
