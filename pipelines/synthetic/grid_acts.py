"""Acts about grid events of the invented city: whistles that call units, assistance of other networks.

Belongs here: how acts are drawn from the events they are about. Does not: the events (grid_event), files or dirt.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.synthetic import vocabulary
from pipelines.synthetic.feed import Feed, Scene, clock, correction, lasting, yes
from pipelines.synthetic.seasons import DAY

#: How long units take to report for duty, in seconds (median), by severity; and how many never do.
TAKES = {"1": 900, "2": 1200, "3": 4800, "4": 40_000}
NEVER, RESOLVED, OPEN = 0.05, 0.73, 0.07
#: Assistance: share of events of a domain, and by whom.
ASSISTED = {"20": 0.3, "40": 0.12, "90": 0.2}
NETWORKS = {"police": 0.5, "justice": 0.24, "court": 0.12, "procuratorate": 0.04, "other": 0.1}
AGENCIES = {"police": "P", "court": "C", "procuratorate": "X13", "justice": "X10", "other": "X01"}
ROLES = {"on_site": 0.45, "mediation": 0.3, "advice": 0.2, "inspection": 0.05}


def _parents(scene: Scene) -> pl.DataFrame:
    assert scene.parents is not None  # the simulation draws acts after what they are about
    return scene.parents


def _seconds(series: pl.Series) -> np.ndarray:
    return series.dt.epoch("s").to_numpy()


def draw_whistle(scene: Scene) -> pl.DataFrame:
    """One row per whistle and called unit, in time order; the first unit called leads."""
    rng, parents = scene.rng, _parents(scene).filter(pl.col("whistle_org").is_not_null())
    called = _seconds(parents["dispatched_at"]) + lasting(1200, 0.8, parents.height, rng)
    done = np.maximum(called, _seconds(parents["handled_at"])) + lasting(7200, 0.6, parents.height, rng)
    is_open, resolved = yes(OPEN, parents.height, rng), yes(RESOLVED, parents.height, rng)
    whistles = parents.select(
        pl.col("source_case_no").alias("event_no"), "severity", pl.col("whistle_org").alias("issuing_unit"),
        pl.col("_called").str.split("|").alias("called_unit"),
        clock(called).alias("called_at"), clock(called).alias("_arrived_at"), clock(done, ~is_open).alias("_concluded_at"),
        pl.Series("result", np.where(resolved, "resolved", "unresolved")),
    )  # fmt: skip
    rows = whistles.explode("called_unit").sort("called_at", "event_no", maintain_order=True)
    takes = np.array([TAKES[level] for level in rows["severity"].to_list()] or [], dtype=np.int64)
    arrived = _seconds(rows["called_at"]) + lasting(takes, 0.7, rows.height, rng)
    corrected_at, corrected = correction(_seconds(rows["called_at"]), rng)
    earlier = _seconds(rows["called_at"]) - rng.integers(60, 1800, rows.height)
    rank = pl.int_range(1, pl.len() + 1).over("event_no")
    return rows.with_columns(
        clock(arrived, ~yes(NEVER, rows.height, rng)).alias("reported_at"),
        rank.alias("_rank"),
        corrected_at.alias("_corrected_at"),
        pl.when(pl.Series(corrected)).then(clock(earlier)).otherwise("called_at").alias("_old_time"),
    ).with_columns(pl.when(pl.col("_rank") == 1).then(pl.lit("lead")).otherwise(pl.lit("support")).alias("unit_role"))


def finish_whistle(events: pl.DataFrame) -> pl.DataFrame:
    """A whistle has the number of its event; a unit's call that of the whistle and its place."""
    whistle = pl.concat_str(pl.lit("SZ"), pl.col("event_no").str.slice(2))
    return events.with_columns(
        whistle.alias("whistle_no"),
        pl.concat_str(whistle, pl.lit("-"), pl.col("_rank").cast(pl.String)).alias("source_case_no"),
    )


def draw_assist(scene: Scene) -> pl.DataFrame:
    """Assistance with the events of one block, in time order."""
    rng, parents = scene.rng, _parents(scene)
    shares = [ASSISTED.get(category[:2], 0.02) for category in parents["class_l2_code"].to_list()]
    chosen = parents.filter(pl.Series(rng.random(parents.height) < np.array(shares, dtype=np.float64)))
    network = vocabulary.draw(NETWORKS, chosen.height, rng)
    helped = _seconds(chosen["reported_at"]) + lasting(10 * 3600, 0.9, chosen.height, rng)
    corrected_at, corrected = correction(helped, rng)
    agency = pl.col("network").replace_strict(AGENCIES, return_dtype=pl.String)
    office = pl.col("_office" if "_office" in chosen.columns else "_street").alias("_office")
    whose = {"police": "_office", "court": "_district"}
    owner = pl.coalesce([pl.when(pl.col("network") == name).then(column) for name, column in whose.items()])
    return chosen.select("_street", "_district", office, pl.col("source_case_no").alias("event_no")).with_columns(
        pl.Series("network", network, dtype=pl.String),
        pl.Series("role", vocabulary.draw(ROLES, chosen.height, rng), dtype=pl.String),
        clock(helped).alias("assisted_at"), clock(helped).alias("_arrived_at"), corrected_at.alias("_corrected_at"),
        pl.when(pl.Series(corrected)).then(clock(helped - DAY // 2)).otherwise(clock(helped)).alias("_old_time"),
    ).with_columns(
        pl.concat_str(agency, owner.fill_null("")).alias("agency")
    ).sort("assisted_at", "event_no")  # fmt: skip


def finish_assist(events: pl.DataFrame) -> pl.DataFrame:
    """Numbers by day and order."""
    day = pl.col("_arrived_at").dt.strftime("%Y%m%d")
    order = pl.int_range(1, pl.len() + 1).over(pl.col("_arrived_at").dt.date(), "_block", order_by="_arrived_at")
    number = pl.concat_str(pl.lit("XT"), day, pl.col("_block").cast(pl.String), order.cast(pl.String).str.zfill(4))
    return events.with_columns(number.alias("source_case_no"))


DISPATCH_WHISTLE = Feed(
    name="dispatch_whistle",
    folder="whistle",
    draw=draw_whistle,
    finish=finish_whistle,
    main_time="called_at",
    stages=("_arrived_at", "reported_at", "_concluded_at"),
    gates={"reported_at": "reported_at", "result": "_concluded_at"},
    old={"called_at": "_old_time"},
    conflict="whistle_no",
    parent="grid_event",
    is_case=False,
    about="event_no",
)
GRID_ASSIST = Feed(
    name="grid_assist",
    folder="assist",
    draw=draw_assist,
    finish=finish_assist,
    main_time="assisted_at",
    stages=("_arrived_at",),
    gates={},
    old={"assisted_at": "_old_time"},
    conflict="role",
    form="xlsx",
    parent="grid_event",
    is_case=False,
    about="event_no",
)
