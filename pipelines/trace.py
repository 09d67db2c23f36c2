"""Trace: from a figure to the cases behind it.

Belongs here: the query that lists a figure's cases, made from its register entry. Does not: computing the figure (dbt),
opening files of the vault, showing anything. The same register entry makes the figure and this list, so the number of
rows equals the figure's numerator or denominator (a test).
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.core.errors import UsageError
from pipelines.core.register import Metric, read_register

#: How exact a case's main time must be to enter a period of this kind, besides exact ones (contract: time_precision).
COARSE = {"month": ("month",), "quarter": ("month",), "half_year": ("month",), "year": ("month", "year"),
          "cumulative": ("month", "year")}  # fmt: skip
EXACT = ("minute", "day")
#: States of a case that is no longer open.
SHUT = ("CLOSED", "FORCED_CLOSED", "REJECTED", "MERGED", "WITHDRAWN", "TRANSFERRED")
COLUMNS = (
    "event_id", "event_kind", "source_case_no", "category_code", "grid_code", "lead_dept_id", "current_state",
    "reported_at", "closed_at", "deadline_at", "time_precision", "source_file", "source_record_no",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """SQL over `marts.*` with parameters area, root, first, last, most, skip; rows as COLUMNS plus in_numerator."""

    list_sql: str
    count_sql: str


def metric_of(metric_id: str) -> Metric:
    """The register entry of a metric. Raises UsageError for an unknown id."""
    for metric in read_register():
        if metric.id == metric_id:
            return metric
    raise UsageError(f"no metric {metric_id!r}", where="the register", remedy="see dbt_project/metrics")


def has_cases(metric_id: str) -> bool:
    """Whether the figure is one of cases (the health of data is not)."""
    return not metric_of(metric_id).sql


def _numerator(metric: Metric) -> str:
    """Whether a case is in the numerator, as the macros of the register have it."""
    late = f" and {metric.numerator_time} < cast($last as date) + interval 1 day" if metric.numerator_time else ""
    known = f" and {metric.numerator_time} <= feed_as_of" if metric.numerator_time else ""
    return f"coalesce(({metric.numerator}){late}{known}, false)"


def _when(metric: Metric, period_kind: str) -> str:
    if metric.family == "stock":
        shut = ", ".join(f"'{state}'" for state in SHUT)
        return f"(current_state not in ({shut}) or closed_at > feed_as_of) and deadline_at < feed_as_of"
    first = "true" if period_kind == "cumulative" else f"{metric.time} >= $first"
    return f"{first} and {metric.time} < cast($last as date) + interval 1 day"


def _population(metric: Metric, period_kind: str) -> str:
    kinds = ", ".join(f"'{kind}'" for kind in metric.kinds)
    precise = ", ".join(f"'{name}'" for name in (*EXACT, *COARSE.get(period_kind, ())))
    counted = "is_counted" if metric.counts == "counted" else "true"
    start = f" and {metric.start} is not null" if metric.start else ""
    return (
        f"event_kind in ({kinds}) and {counted} and ({metric.filter}) and ({metric.denominator}) "
        f"and {metric.time} <= feed_as_of and {_when(metric, period_kind)}{start} and time_precision in ({precise})"
    )


def case_query(metric_id: str, period_kind: str) -> CaseQuery:
    """The cases behind a figure of one area and period: those of its numerator first, the newest of each first.

    Args:
        metric_id: of the register.
        period_kind: decides how exact a time must be, and whether the period has a first day.

    Raises:
        UsageError: an unknown metric, or one that is not made of cases.
    """
    metric = metric_of(metric_id)
    if metric.sql:
        raise UsageError(f"{metric_id} is no figure of cases", where="the register")
    cases = (
        "with inside as (select grid_code from marts.dim_grid where grid_code = $area "
        "or $area in (path_0, path_1, path_2, path_3, path_4, path_5)), "
        "known as (select facts.*, feeds.as_of as feed_as_of from marts.fct_event as facts "
        "join marts.dim_feed as feeds on facts.feed = feeds.feed "
        "where $area = $root or facts.grid_code in (select grid_code from inside)), "
        f"cases as (select *, {_numerator(metric)} as in_numerator from known "
        f"where {_population(metric, period_kind)}) "
    )
    order = f"in_numerator desc, {metric.time} desc, event_id"
    return CaseQuery(
        list_sql=f"{cases} select {', '.join(COLUMNS)}, in_numerator from cases order by {order} limit $most offset $skip",
        count_sql=f"{cases} select count(*) as cases_n, count(*) filter (where in_numerator) as numerator_n from cases",
    )
