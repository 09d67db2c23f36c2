"""What the true events say about limits: first response, arrival, closed loop, as polars expressions.

Belongs here: our own reading of these rules, in plain arithmetic. Does not: working days and hours, pauses, extensions
(tests/data/clock_cases.csv, by hand), the rules' table, the marts' SQL. `_known` is the last extract of the event's feed.
"""

from __future__ import annotations

import polars as pl

#: The notice of acceptance is due 15 days after receipt, at the end of the day; the first contact 24 hours after dispatch.
#: A case that ended without either cannot be judged.
TOLD = {"petition": pl.col("accepted_at"), "hotline_order": pl.col("first_contact_at")}
SINCE = {"petition": pl.col("reported_at"), "hotline_order": pl.col("dispatched_at")}
RESPONDED, ASKED = (
    pl.coalesce(*[pl.when(pl.col("event_kind") == kind).then(time) for kind, time in times.items()]) for times in (TOLD, SINCE)
)  # fmt: skip
RESPONSE_DUE = (
    pl.when(pl.col("event_kind") == "petition")
    .then(ASKED.dt.truncate("1d") + pl.duration(days=16) - pl.duration(seconds=1))
    .when((pl.col("event_kind") == "hotline_order") & (pl.col("time_precision") == "minute"))
    .then(ASKED + pl.duration(hours=24))
)
ENDED = ((pl.col("closed_at") <= pl.col("_known")) & (pl.col("closed_at") >= ASKED)).fill_null(False)
JUDGED = ((pl.col("_known") >= RESPONDED).fill_null(False) | ~ENDED) & ~(RESPONDED < ASKED).fill_null(False)
#: Urgent calls are those of severity 1 to 3; they are to be reached in five minutes.
REACHED = (
    pl.col("severity").is_in(["1", "2", "3"]) & (pl.col("arrived_at") >= pl.col("dispatched_at"))
    & (pl.col("arrived_at") <= pl.col("_known")) & (pl.col("time_precision") == "minute")
)  # fmt: skip
IN_FIVE = pl.col("arrived_at") - pl.col("dispatched_at") <= pl.duration(minutes=5)
LOOPED = (
    pl.col("handled_at").is_not_null() & pl.col("verified_at").is_not_null()
    & ((pl.col("event_kind") == "hazard") | pl.col("dispatched_at").is_not_null())
    & ((pl.col("event_kind") != "urban_case") | pl.col("registered_at").is_not_null())
)  # fmt: skip
