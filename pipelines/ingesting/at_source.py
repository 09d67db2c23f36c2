"""A ticket closes by itself when a later file of its feed brings its key in good order.

Belongs here: finding such files. Does not: what a ticket is (core.tickets), files that take another's place (the ledger
settles those with the file). Which file is later does not depend on when it arrived, so neither does what closes.
"""

from __future__ import annotations

import polars as pl

from pipelines.core.bindings import Binding
from pipelines.core.installation import Installation

AT = "coalesce(f.extracted_at, f.received_at)"


def close(binding: Binding, place: Installation) -> int:
    """Close what later files mend; returns how many tickets. A landing file is asked for a ticket once: it does not change."""
    ledger = place.ledger
    waiting = ledger.rows(
        f"select q.ticket, q.event_id, {AT} as at from quarantine q join file f using (feed, sha256) "
        "where q.feed = ? and q.status = 'open' and q.event_id <> '' order by q.ticket",
        binding.feed,
    )
    known = ledger.asked_at_source(binding.feed)
    if not waiting and not known:
        return 0
    parses = ledger.rows(
        f"select p.sha256, p.landing_path, {AT} as at from parse p join file f using (feed, sha256) "
        f"where p.feed = ? and p.is_current = 1 and f.status = 'loaded' and {AT} > ? order by at, p.sha256",
        binding.feed, min((row["at"] for row in waiting), default="9999"),
    )  # fmt: skip
    # A ticket that closed and opened again is not known any more: it asks all of them.
    new = [row for row in waiting if (row["ticket"], row["at"]) not in known]
    closing: dict[str, str] = {}
    for parse in parses:
        asking = new if (parse["landing_path"], parse["at"]) in known else waiting
        asking = [row for row in asking if row["at"] < parse["at"] and row["ticket"] not in closing]
        found = _brought(place, parse["landing_path"], {row["event_id"] for row in asking}) if asking else set()
        closing |= {row["ticket"]: parse["sha256"] for row in asking if row["event_id"] in found}
    asked = {(row["ticket"], row["at"]) for row in waiting if row["ticket"] not in closing}
    asked |= {(row["landing_path"], row["at"]) for row in parses}
    if asked != known or closing:
        ledger.close_at_source(closing, {binding.feed: asked})
    return len(closing)


def _brought(place: Installation, landing_path: str, ids: set[str]) -> set[str]:
    """Which of these events a landing file has rows of."""
    column = pl.scan_parquet(place.home.root / landing_path).select("_event_id")
    return set(column.filter(pl.col("_event_id").is_in(sorted(ids))).collect()["_event_id"].to_list())
