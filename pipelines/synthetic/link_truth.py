"""What is true of the numbers by which cases name each other, and of what follows from them.

Belongs here: declared links between the true events, the first lawsuit and the next step after a mediation. Does not:
drawing links (referrals, each feed's `finish`), the marts' SQL.
"""

from __future__ import annotations

import polars as pl

#: Column -> which kinds it may name, what that means, whether the one named comes first in the pair.
NAMES: dict[str, tuple[tuple[str, tuple[str, ...], str, bool], ...]] = {
    "police_incident": (("merged_into_no", ("police_incident",), "declared_merge", False),),
    "urban_case": (("duplicate_of_no", ("urban_case",), "declared_merge", False),),
    "petition": (
        ("related_nos", ("petition",), "repeat", False),
        ("merged_into_no", ("petition",), "declared_merge", False),
    ),
    "hotline_order": (
        ("related_nos", ("hotline_order",), "repeat", False),
        ("related_nos", ("petition",), "same_matter", False),
        ("merged_into_no", ("hotline_order",), "declared_merge", False),
    ),
    "court_case": (("mediation_no", ("mediation",), "chain_next", True),),
    "mediation": (
        ("referred_case_no", ("police_incident", "petition", "court_case", "labour_arbitration"), "referral", False),
    ),
    "hazard": (("repeat_of_no", ("hazard",), "repeat", False),),
    "labour_arbitration": (("mediation_no", ("mediation",), "chain_next", True),),
}  # fmt: skip
PAIR = ("kind_a", "case_no_a", "kind_b", "case_no_b", "link_kind")
_LEFT, _RIGHT = ("kind_a", "case_no_a"), ("kind_b", "case_no_b")


def links_of(rows: dict[str, pl.DataFrame], events: pl.DataFrame) -> pl.DataFrame:
    """One row per pair of true events of which one names the other: PAIR.

    Args:
        rows: the judged rows of every feed.
        events: the true events; what names or is named beyond them links nothing.
    """
    parts = [
        _named(feed, rows[feed], column, kind, link, inverse=inverse)
        for feed, said in NAMES.items() if feed in rows
        for column, kinds, link, inverse in said for kind in kinds
    ]  # fmt: skip
    known = events.select(pl.col("event_kind").alias("kind"), pl.col("source_case_no").alias("case_no"))
    found = pl.concat(parts)
    for names in (_LEFT, _RIGHT):
        found = found.join(known.rename(dict(zip(("kind", "case_no"), names, strict=True))), on=names, how="semi")
    return found.filter((pl.col("kind_a") != pl.col("kind_b")) | (pl.col("case_no_a") != pl.col("case_no_b"))).unique().sort(PAIR)


def _named(feed: str, rows: pl.DataFrame, column: str, kind: str, link: str, *, inverse: bool) -> pl.DataFrame:
    """The pairs of one column and one kind that it may name, from the rows in force."""
    in_force = rows.filter((pl.col("_fate") == "accepted") & (pl.col("_copy") == 0)).drop_nulls(column)
    in_force = in_force.with_columns(pl.col(column).str.split("、")).explode(column)

    def plain(name: str) -> pl.Expr:
        return pl.col(name).str.replace_many(["（", "）"], ["(", ")"])

    naming, named = (_RIGHT, _LEFT) if inverse else (_LEFT, _RIGHT)
    return in_force.select(
        pl.lit(feed).alias(naming[0]), plain("source_case_no").alias(naming[1]),
        pl.lit(kind).alias(named[0]), plain(column).alias(named[1]), pl.lit(link).alias("link_kind"),
    ).select(PAIR)  # fmt: skip


def with_followers(events: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Events with `lawsuit_filed_at` and the full `next_step_at` of mediations: cases that name them count too."""
    later = events.select(
        pl.col("event_kind").alias("kind_b"), pl.col("source_case_no").alias("case_no_b"), pl.col("filed_at").alias("_filed"),
        ((pl.col("event_kind") == "court_case") & pl.col("case_class").is_in(["civil", "administrative"])
         & (pl.col("instance").fill_null("first") == "first")).fill_null(value=False).alias("_sues"),
    )  # fmt: skip
    ended = events.select(pl.col("event_kind").alias("kind_a"), pl.col("source_case_no").alias("case_no_a"), "closed_at")
    found = (
        links.filter(pl.col("link_kind") == "chain_next", pl.col("kind_a") == "mediation")
        .join(later, on=_RIGHT)
        .join(ended, on=_LEFT)
        .filter(pl.col("_filed") >= pl.col("closed_at"))
        .group_by(event_kind="kind_a", source_case_no="case_no_a")
        .agg(pl.col("_filed").min().alias("_first"), pl.col("_filed").filter("_sues").min().alias("lawsuit_filed_at"))
    )
    return (
        events.drop("lawsuit_filed_at")
        .join(found, on=["event_kind", "source_case_no"], how="left", maintain_order="left")
        .with_columns(pl.min_horizontal("next_step_at", "_first").alias("next_step_at"))
        .drop("_first")
    )
