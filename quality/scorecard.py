"""Scorecard: how good a feed's data was, by month and dimension, from the counts that ingest left.

Belongs here: adding counts up; each score is a numerator and a denominator, in one dimension: nothing is added up across
them. What each dimension means stands, dated, in the seed `ref_score_dimension`. Does not: judging rows (cleaning), the
governed quality metrics of the boards (the register), any clock: the month is that of the extract, so a late reload of
old files scores the months that they tell of.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Dimension = Literal["completeness", "validity", "consistency", "uniqueness", "timeliness"]

#: The contract's word for a rule's dimension -> the scorecard's.
OF_RULES: dict[str, Dimension] = {
    "completeness": "completeness",
    "conformity": "validity",
    "consistency": "consistency",
    "uniqueness": "uniqueness",
}
COUNTED = ("loaded", "superseded")
GX = ("gx_evaluated_n", "gx_failed_n", "gx_error_n")


@dataclass(frozen=True, slots=True)
class Score:
    """Of `den` things looked at, `num` were good. For rules a thing is a value; else a record, or a file.

    gx_*: what Great Expectations counted by the same rules; 0 in dimensions that no rule has.
    """

    feed: str
    month: str
    dimension: Dimension
    num: int
    den: int
    gx_evaluated_n: int = 0
    gx_failed_n: int = 0
    gx_error_n: int = 0

    @property
    def percent(self) -> float | None:
        """0-100; None where nothing was looked at."""
        return 100 * self.num / self.den if self.den else None


def _moment(value: object) -> dt.datetime | None:
    if value is None or isinstance(value, dt.datetime):
        return value
    return dt.datetime.fromisoformat(str(value))


def month_of(outcome: Mapping[str, Any]) -> str:
    """The month a file tells of, as YYYY-MM: of its extract, else its latest time, else its receipt."""
    moments = (_moment(outcome.get(name)) for name in ("extracted_at", "clock_max", "received_at"))
    found = next((moment for moment in moments if moment), None)
    return f"{found:%Y-%m}" if found else ""


def _is_in_time(outcome: Mapping[str, Any], latency_hours: float) -> bool | None:
    """Whether the newest time in the file is within the latency of its extract; None where one of them is unknown."""
    extracted, newest = _moment(outcome.get("extracted_at")), _moment(outcome.get("clock_max"))
    if extracted is None or newest is None:
        return None
    return extracted - newest <= dt.timedelta(hours=latency_hours)


def score_feeds(
    feed_outcomes: Iterable[Mapping[str, Any]],
    rule_outcomes: Iterable[Mapping[str, Any]],
    latency_hours: Mapping[str, float],
    second_opinions: Iterable[Mapping[str, Any]] = (),
) -> list[Score]:
    """Scores by feed, month and dimension, sorted; a dimension in which nothing was looked at has no score.

    Args:
        feed_outcomes: rows of `ops.feed_outcome`: feed, sha256, status, extracted_at, clock_max, received_at, read_n,
            repeat_n, nondata_n.
        rule_outcomes: rows of `ops.rule_outcome`, or sums of them: feed, sha256, dimension, evaluated_n, failed_n.
        latency_hours: by feed, how old the newest record of a file may be when it is extracted (from the contract).
        second_opinions: Great Expectations' counts of the same: feed, sha256, dimension, evaluated_n, failed_n, is_error.
    """
    num: Counter[tuple[str, str, Dimension]] = Counter()
    den: Counter[tuple[str, str, Dimension]] = Counter()
    months: dict[tuple[str, str], str] = {}
    for outcome in feed_outcomes:
        if outcome["status"] not in COUNTED:
            continue
        feed, month = outcome["feed"], month_of(outcome)
        months[feed, outcome["sha256"]] = month
        records = outcome["read_n"] - outcome["nondata_n"]
        den[feed, month, "uniqueness"] += records
        num[feed, month, "uniqueness"] += records - outcome["repeat_n"]
        in_time = _is_in_time(outcome, latency_hours[feed]) if feed in latency_hours else None
        if in_time is not None:
            den[feed, month, "timeliness"] += 1
            num[feed, month, "timeliness"] += in_time
    for rule in rule_outcomes:
        dimension, of_file = OF_RULES.get(rule["dimension"]), (rule["feed"], rule["sha256"])
        if dimension is None or of_file not in months:
            continue
        key = (rule["feed"], months[of_file], dimension)
        den[key] += rule["evaluated_n"]
        num[key] += rule["evaluated_n"] - rule["failed_n"]
    gx: Counter[tuple[tuple[str, str, Dimension], str]] = Counter()
    for row in second_opinions:
        dimension, of_file = OF_RULES.get(row["dimension"]), (row["feed"], row["sha256"])
        if dimension is not None and of_file in months:
            for name, n in zip(GX, (row["evaluated_n"], row["failed_n"], row["is_error"]), strict=True):
                gx[(row["feed"], months[of_file], dimension), name] += int(n)
    return [Score(*key, num[key], den[key], *(gx[key, name] for name in GX)) for key in sorted(den) if den[key]]
