"""The figures of grid work, worked out in plain polars from the true events.

Belongs here: our own reading of the entries about grid events, whistles and assistance. Does not: how a figure is summed
(figures), the register or its SQL.
"""

from __future__ import annotations

import polars as pl

from pipelines.synthetic.figures import CATEGORY, CLOSED, COMPARED, DEPARTMENT, EVERY, IN_DOMAIN, YES, Figure

FINDING_KINDS = ("grid_event", "police_incident", "petition", "hotline_order")
IS_ROOT = pl.col("root_case_no") == pl.col("source_case_no")
DISPUTE = pl.col("category_code").str.starts_with("20") & IS_ROOT
IN_ORDER = pl.col("dispatched_at") >= pl.col("reported_at")
LEADING = pl.col("case_class").ne_missing("support")
FIGURES = (
    Figure("M06", FINDING_KINDS, "reported_at", DISPUTE, family="count", by_kind=True,
           periods=(*EVERY, *COMPARED, "cumulative"), by=(CATEGORY,)),
    Figure("M07", FINDING_KINDS, "reported_at", DISPUTE, family="rate"),
    Figure("M09", ("grid_event",), "reported_at", YES, CLOSED, periods=("cumulative",), numerator_by="closed_at"),
    Figure("M32", ("grid_event",), "reported_at", YES, family="per_grid", levels=(0, 1, 2), periods=("month",)),
    Figure("M21", ("dispatch_whistle",), "deadline_at", YES, pl.col("arrived_at") <= pl.col("deadline_at"), levels=(0, 1, 2),
           by=(DEPARTMENT,)),
    Figure("M22", ("dispatch_whistle",), "reported_at", LEADING & pl.col("result").is_not_null(),
           pl.col("result") == "resolved", levels=(0, 1, 2)),
    Figure("M22a", ("dispatch_whistle",), "reported_at", LEADING, family="count", levels=(0, 1, 2)),
    Figure("M24", ("grid_event",), "reported_at", YES, pl.col("escalation_n") >= 1, by=(IN_DOMAIN,)),
    Figure("M40", ("grid_event",), "closed_at", YES, pl.col("assist_n") >= 1, by=(IN_DOMAIN,)),
    Figure("M41", ("urban_case", "grid_event"), "dispatched_at", pl.col("return_n").is_not_null(), pl.col("return_n") >= 1,
           levels=(0, 1, 2), by_kind=True, by=(DEPARTMENT,)),
    Figure("M23", ("grid_event",), "closed_at", pl.col("handling_level").is_not_null(), family="share", levels=(0, 1, 2),
           periods=EVERY[2:], member="handling_level"),
    Figure("M18", ("grid_event",), "dispatched_at", IN_ORDER, family="median", periods=("month", "quarter", "year"),
           since="reported_at", minutes=1),
    Figure("M18b", ("grid_event",), "dispatched_at", IN_ORDER, family="median", periods=("month", "quarter", "year"),
           since="reported_at", minutes=1, quantile=0.9),
)  # fmt: skip
