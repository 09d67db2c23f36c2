"""A ticket closes by itself when a later file of its feed brings its key in good order.

Belongs here: finding such files. Does not: what a ticket is (core.tickets), files that take another's place (the ledger
settles those with the file). Which file is later does not depend on when it arrived, so neither does what closes.
"""

from __future__ import annotations

import hashlib
import json

import polars as pl

from pipelines.core.bindings import Binding
from pipelines.core.installation import Installation

AT = "coalesce(f.extracted_at, f.received_at)"


def close(binding: Binding, place: Installation) -> int:
    """Close what later files mend; returns how many tickets. Asks no landing file if nothing changed since it last did."""
    ledger = place.ledger
    waiting = ledger.rows(
        f"select q.ticket, q.event_id, {AT} as at from quarantine q join file f using (feed, sha256) "
        "where q.feed = ? and q.status = 'open' and q.event_id <> '' order by q.ticket",
        binding.feed,
    )
    if not waiting:
        return 0
    oldest = min(row["at"] for row in waiting)
    parses = ledger.rows(
        f"select p.sha256, p.landing_path, {AT} as at from parse p join file f using (feed, sha256) "
        f"where p.feed = ? and p.is_current = 1 and f.status = 'loaded' and {AT} > ? order by at, p.sha256",
        binding.feed, oldest,
    )  # fmt: skip
    asked = hashlib.sha256(json.dumps([waiting, parses]).encode()).hexdigest()
    if ledger.recall(f"asked at source: {binding.feed}") == asked:
        return 0
    ids = {row["event_id"] for row in waiting}
    closing: dict[str, str] = {}
    for parse in parses:
        found = _brought(place, parse["landing_path"], ids)
        for row in waiting:
            if row["event_id"] in found and row["at"] < parse["at"]:
                closing.setdefault(row["ticket"], parse["sha256"])
    if closing:
        ledger.close_at_source(closing)
    else:  # what closed may open again, and is then to be asked again
        ledger.remember(f"asked at source: {binding.feed}", asked)
    return len(closing)


def _brought(place: Installation, landing_path: str, ids: set[str]) -> set[str]:
    """Which of these events a landing file has rows of."""
    column = pl.scan_parquet(place.home.root / landing_path).select("_event_id")
    return set(column.filter(pl.col("_event_id").is_in(sorted(ids))).collect()["_event_id"].to_list())
