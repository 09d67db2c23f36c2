"""What is true of grid events and of the acts about them: how their final rows read, when a called unit must have come.

Belongs here: the grid's part of event_truth. Does not: the marts' SQL and seeds; nothing here is taken from them.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipelines.synthetic.seasons import is_workday

READINGS: dict[str, dict[str, str]] = {
    "grid_event": {
        "category_code": "class_l2_code", "severity": "severity", "intake_channel": "reporter_kind", "task_kind": "task_kind",
        "operating_mode": "operating_mode", "lead_dept_id": "handle_org", "partner_dept_id": "whistle_org",
        "occurred_at": "occurred_at", "reported_at": "reported_at", "dispatched_at": "dispatched_at",
        "acknowledged_at": "acknowledged_at", "handled_at": "handled_at", "verified_at": "verified_at",
        "closed_at": "closed_at", "handling_level": "handling_level", "return_n": "return_n",
        "escalation_n": "_escalation_n", "is_self_handled": "self_handled", "satisfaction": "satisfaction",
    },
    "dispatch_whistle": {
        "case_class": "unit_role", "severity": "severity", "lead_dept_id": "called_unit", "partner_dept_id": "issuing_unit",
        "reported_at": "called_at", "arrived_at": "reported_at", "result": "result",
    },
    "grid_assist": {"case_class": "network", "lead_dept_id": "agency", "reported_at": "assisted_at"},
}  # fmt: skip
#: By severity, in how many minutes a called unit must report for duty; by the end of the next working day else.
REPORT_WITHIN = {"1": 30, "2": 30, "3": 120}


def _next_workday(day: dt.date) -> dt.datetime:
    """The last second of the first working day after `day`."""
    following = day + dt.timedelta(days=1)
    while not is_workday(following):
        following += dt.timedelta(days=1)
    return dt.datetime.combine(following, dt.time(23, 59, 59))


_MINUTES = pl.col("severity").replace_strict(REPORT_WITHIN, default=None, return_dtype=pl.Int64)
#: Readings that take more than one column.
SPECIAL: dict[str, dict[str, pl.Expr]] = {
    "grid_event": {
        "discovery": pl.when(pl.col("reporter_kind") == "resident").then(pl.lit("reported"))
        .when(pl.col("reporter_kind").is_in(["grid_staff", "sensor"])).then(pl.lit("found")),
    },
    "dispatch_whistle": {
        "deadline_at": pl.when(_MINUTES.is_not_null()).then(pl.col("called_at") + pl.duration(minutes=_MINUTES))
        .when(pl.col("severity") == "4")
        .then(pl.col("called_at").dt.date().map_elements(_next_workday, return_dtype=pl.Datetime("us"))),
    },
    "grid_assist": {},
}  # fmt: skip


def with_help(events: pl.DataFrame) -> pl.DataFrame:
    """The events with `assist_n`: how many acts of assistance are about a grid event; NULL for other kinds."""
    acts = events.filter((pl.col("event_kind") == "grid_assist") & (pl.col("root_case_no") != pl.col("source_case_no")))
    counts = acts.group_by(pl.col("root_case_no").alias("source_case_no")).agg(pl.len().cast(pl.Int64).alias("assist_n"))
    of_grid = counts.with_columns(pl.lit("grid_event").alias("event_kind"))
    joined = events.join(of_grid, on=["event_kind", "source_case_no"], how="left", maintain_order="left")
    return joined.with_columns(pl.when(pl.col("event_kind") == "grid_event").then(pl.col("assist_n").fill_null(0)))
