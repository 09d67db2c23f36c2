"""How many days the vault keeps what a feed sent, after it was received.

Belongs here: the dated table and what a city states instead. Does not: dropping anything (retention).
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from typing import Any

from pipelines.core.contracts import CONTRACTS
from pipelines.core.errors import ConfigurationError

#: For every feed, or contract, that is not named itself.
EVERY = "*"


def stated(value: Any, where: str) -> dict[str, int]:
    """What `vault: retention_days:` of a city says: feed (or `*`) to days; empty if nothing. Raises ConfigurationError."""
    told = value if isinstance(value, dict) else {} if value is None else {EVERY: value}
    for feed, days in told.items():
        if not isinstance(days, int) or isinstance(days, bool) or days < 1:
            raise ConfigurationError(
                f"{days!r} is no number of days", where=f"{where}: vault: retention_days",
                remedy='write retention_days: 400, or {"*": 400, <feed>: 90}',
            )  # fmt: skip
        if not isinstance(feed, str):
            raise ConfigurationError(f"{feed!r} is no feed", where=f"{where}: vault: retention_days")
    return dict(told)


def days_of(said: Mapping[str, int], feed: str, contract: str, on: dt.date) -> int:
    """The days for a feed: its own in the city, the city's, its contract's, the table's default in force on a day."""
    if feed in said or EVERY in said:
        return said.get(feed, said.get(EVERY, 0))
    with (CONTRACTS / "retention.csv").open(encoding="utf-8-sig", newline="") as stream:
        held = [r for r in csv.DictReader(stream) if r["effective_from"] <= on.isoformat() <= r["effective_to"]]
    by_contract = {row["contract"]: int(row["days"]) for row in held}
    return by_contract.get(contract, by_contract[EVERY])
