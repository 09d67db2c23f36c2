"""Which case names which: a mediation the case that was referred to it, a lawsuit or arbitration the mediation before.

Belongs here: links between events of different feeds, once all are drawn. Does not: links within one feed (its own
`finish`). Links stay within one block of days, so that what was sent does not depend on days to come.
"""

from __future__ import annotations

import polars as pl

#: Way in -> the feed whose case was referred, and which of its cases can be.
ORIGINS: dict[str, tuple[str, pl.Expr]] = {
    "police_referral": ("police_incident", pl.col("class_l2_code").str.starts_with("20")),
    "petition_referral": ("petition", pl.col("subject_code").str.starts_with("20")),
    "court_referral": ("court_case", pl.col("_kind") == "pre_filing"),
    "arbitration_referral": ("labour_arbitration", pl.lit(value=True)),
}
ORIGIN_WITHIN, FOLLOWS_WITHIN = "60d", "120d"
#: Of failed mediations, and of agreements not performed, how many end in a lawsuit or arbitration that names them.
FAILED_LEADS, BROKEN_LEADS = 0.35, 0.4


def refer(events: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The events of all feeds with the numbers that they name of each other."""
    mediations = _with_origins(events)
    leads = (
        pl.when(pl.col("result") == "failed").then(pl.col("_lead_draw") < FAILED_LEADS)
        .otherwise((pl.col("performance") == "none") & (pl.col("_lead_draw") < BROKEN_LEADS))
    )  # fmt: skip
    leading = mediations.filter(leads)
    labour = (pl.col("dispute_type") == "2009") & (pl.col("result") == "failed")
    lawsuits = (pl.col("_kind") == "civil") & pl.col("_filed_at").is_not_null()
    return {
        **events,
        "mediation": mediations,
        "court_case": _following(events["court_case"], lawsuits, leading.filter(~labour)),
        "labour_arbitration": _following(events["labour_arbitration"], pl.lit(value=True), leading.filter(labour)),
    }


def _with_origins(events: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Mediations with `referred_case_no`: the last case of the origin's feed before, in the same street."""
    found = []
    for intake, (feed, can_be) in ORIGINS.items():
        cases = events[feed].filter(can_be).select("_block", "_street", "_arrived_at", pl.col("source_case_no").alias("named"))
        referred = events["mediation"].filter(pl.col("intake") == intake).sort("_arrived_at")
        joined = referred.join_asof(
            cases.sort("_arrived_at"), on="_arrived_at", by=["_block", "_street"], strategy="backward", tolerance=ORIGIN_WITHIN,
            check_sortedness=False,
        )  # fmt: skip
        found.append(joined.select("source_case_no", pl.col("named").alias("referred_case_no")))
    return events["mediation"].join(pl.concat(found), on="source_case_no", how="left", maintain_order="left")


def _following(cases: pl.DataFrame, can_be: pl.Expr, mediations: pl.DataFrame) -> pl.DataFrame:
    """Cases with `mediation_no`: each of `mediations` is named by the first case of its street after a while."""
    since = pl.col("_concluded_at") + pl.duration(days="_lead_days")
    joined = mediations.select(
        "_block", "_street", since.alias("_filed_at"), pl.col("source_case_no").alias("mediation_no")
    ).sort("_filed_at").join_asof(
        cases.filter(can_be).select("_block", "_street", "_filed_at", "source_case_no").sort("_filed_at"),
        on="_filed_at", by=["_block", "_street"], strategy="forward", tolerance=FOLLOWS_WITHIN, check_sortedness=False,
    )  # fmt: skip
    named = joined.drop_nulls("source_case_no").unique("source_case_no", keep="first", maintain_order=True)
    return cases.join(named.select("source_case_no", "mediation_no"), on="source_case_no", how="left", maintain_order="left")
