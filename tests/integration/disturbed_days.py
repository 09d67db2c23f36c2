"""What days bring beside new rows, for the proof that the steps of a change add up.

Belongs here: a late file, one that is taken back, codes that are decided to mean something else, each on its day. Does not:
bringing a city through days (days).
"""

from __future__ import annotations

import csv
import datetime as dt
import sqlite3

from pipelines.core.decisions import Decision, Decisions
from pipelines.core.installation import Installation
from tests.integration.days import CITY

#: The day on which codes are decided to mean something else.
RECODED_ON = 19


def recoded() -> list[dict[str, str]]:
    """Codes of urban cases that are decided to mean what the first of them means."""
    with (CITY / "codes" / "urban_class.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["canonical_code"].startswith("31")][:8]


def disturb(place: Installation, number: int) -> None:
    """What days bring beside new rows: a file that comes three days late, one that is taken back, a code that is mapped anew."""
    aside = place.source_root.parent / "aside"
    if number == 6:
        newest = max((place.source_root / "urban").iterdir(), key=lambda path: path.name)
        aside.mkdir()
        newest.rename(aside / newest.name)
    elif number == 9:
        for path in aside.iterdir():
            path.rename(place.source_root / "urban" / path.name)
    elif number == 13:
        with sqlite3.connect(place.home.state / "ledger.db") as ledger:
            ledger.execute(
                "update file set status = 'retracted' where feed = 'police_incident' and sha256 = (select sha256 from file where "
                "feed = 'police_incident' and status = 'loaded' order by extracted_at desc limit 1 offset 2)"
            )
    elif number == RECODED_ON:
        decisions = Decisions.of(place.home)
        first, *others = recoded()
        for row in others:
            content = {"code_set": "category", "source_code": row["source_code"], "canonical_code": first["canonical_code"]}
            decisions.append(
                Decision("code_mapping", row["source_code"], content, "regrouped", "a test", place.now(), dt.date(2026, 6, 1))
            )
        decisions.close()
