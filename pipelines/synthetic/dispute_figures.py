"""Figures of mediations, of what follows them, and of hazards: our own reading of each metric's definition.

Belongs here: entries only. Does not: how a figure is summed (figures), the register or its SQL.
"""

from __future__ import annotations

import polars as pl

from pipelines.synthetic.figures import CATEGORY, CHANNEL, CLOSED, DEPARTMENT, EVERY, YES, Figure

AGREED = pl.col("result") == "agreed"
PERFORMED = pl.col("performance") == "full"
#: A hazard neither cleared nor handed to enforcement.
IN_HAND = (pl.col("closed_at").is_null() | (pl.col("closed_at") > pl.col("_known"))) & pl.col("partner_dept_id").is_null()
#: The kind of committee.
CLASS = ("class", "case_class")
FIGURES = (
    Figure("M11", ("mediation",), "accepted_at", YES, family="count", by=(CATEGORY, CLASS, CHANNEL)),
    Figure("M12", ("mediation",), "closed_at", YES, AGREED, by=(CLASS, CHANNEL, CATEGORY)),
    Figure("M12c", ("mediation", "hazard"), "reported_at", YES, CLOSED & ((pl.col("event_kind") == "hazard") | AGREED),
           levels=(0, 1, 2), periods=("cumulative",), by_kind=True, numerator_by="closed_at"),
    Figure("M13", ("mediation",), "performance_due_at", AGREED, PERFORMED, by=(CLASS,)),
    Figure("M13b", ("mediation",), "closed_at", AGREED, PERFORMED, by=(CLASS,)),
    Figure("M14", ("mediation",), "follow_up_end_at", YES, pl.col("lawsuit_filed_at") <= pl.col("follow_up_end_at"),
           levels=(0, 1, 2), periods=EVERY[2:], by=(CLASS, CATEGORY)),
    Figure("M15", ("mediation",), "confirm_applied_at", YES, pl.col("is_confirmed"), levels=(0, 1, 2), periods=EVERY[2:]),
    Figure("M25", ("mediation",), "follow_up_end_at", pl.col("result") == "failed",
           pl.col("next_step_at").is_null() | (pl.col("next_step_at") > pl.col("follow_up_end_at")),
           levels=(0, 1, 2), periods=EVERY[2:], by=(CATEGORY,)),
    Figure("M26", ("hazard",), "deadline_at", YES, CLOSED, by=(CATEGORY, DEPARTMENT), numerator_by="closed_at"),
    Figure("M27", ("hazard",), "reported_at", (pl.col("severity") == "major") & IN_HAND, family="stock"),
    Figure("M46", ("mediation",), "closed_at", pl.col("prevented_kind").is_not_null(), family="count", levels=(0, 1, 2),
           periods=EVERY[2:]),
)  # fmt: skip
