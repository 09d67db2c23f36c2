"""What must hold between entries of the register: variants, changes, composites, pairs that must not be divided.

Belongs here: rules over all entries, the dated weights of composites, what a warning says by itself. Does not: the
grammar of one entry (register), sentences for a reader (seeds/ref_warning.csv).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.core.errors import ConfigurationError
from pipelines.core.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from pipelines.core.register import Metric

#: Periods that have a same period last year: the others slide against the calendar.
#: The one model of stocks that also tells what stood a year before.
COUNTED_A_YEAR_BEFORE = "int_metric_grid_count"
CHANGE_PERIODS = {
    "year_before": (
        "month", "quarter", "half_year", "year", "year_to_date", "month_to_date", "quarter_to_date", "half_year_to_date",
        "spring_festival", "day",
    ),
    "month_before": ("month",),
}  # fmt: skip
#: Dated: composite, member, weight, validity, source. Empty rows: the composite is off.
WEIGHTS = PROJECT_ROOT / "dbt_project" / "seeds" / "ref_composite_weight.csv"
#: Which kinds of events are about persons (2026-11-22).
EVENT_KINDS = PROJECT_ROOT / "dbt_project" / "seeds" / "ref_event_kind.csv"
#: What two variants of one rate share: they differ in what they take in, not in what they count.
SAME_IN_VARIANTS = ("kinds", "filter", "numerator", "numerator_time", "denominator", "time", "cohort")


def check(metrics: Sequence[Metric]) -> None:
    """Raises ConfigurationError at the first rule between entries that does not hold."""
    built = {metric.id: metric for metric in metrics}
    about_persons = {row["event_kind"] for row in _rows(EVENT_KINDS) if row["subject"] == "person"}
    for metric in metrics:
        _check_subject(metric, about_persons)
        _check_variant(metric, built)
        _check_change(metric, built)
        _check_warnings(metric, built)
    check_composites(built, _rows(WEIGHTS))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _check_subject(metric: Metric, about_persons: set[str]) -> None:
    """Cases of persons stay cases of persons however they are counted: else small numbers would show under another name."""
    if metric.sql or metric.family in ("change", "composite"):  # a model of its own, or what its members are
        return
    if not max(metric.levels):  # of the whole city nothing is hidden
        return
    counted = sorted(about_persons.intersection(metric.kinds))
    if counted and metric.subject != "person":
        raise ConfigurationError(
            f"it counts {', '.join(counted)}, which are about persons", where=metric.id, remedy="write `subject: person`"
        )


def _check_variant(metric: Metric, built: dict[str, Metric]) -> None:
    if not metric.variant_of:
        return
    base = built.get(metric.variant_of)
    if base is None or base.variant_of:
        raise ConfigurationError(f"variant_of names {metric.variant_of!r}: no entry, or itself a variant", where=metric.id)
    if metric.include_backlog:
        for name in SAME_IN_VARIANTS:
            if getattr(metric, name) != getattr(base, name):
                raise ConfigurationError(f"with and without backlog must be the same rate, but {name} differs", where=metric.id)
        if set(metric.slices) | set(metric.slices_coarse) != {"all"} or max(metric.levels) > max(base.levels):
            raise ConfigurationError("backlog is given for slice all, at levels of the rate without it", where=metric.id)


def _check_change(metric: Metric, built: dict[str, Metric]) -> None:
    if metric.family != "change":
        return
    base = built[metric.of]
    if base.sql == COUNTED_A_YEAR_BEFORE and base.family == "stock":
        return
    if base.family not in ("count", "ratio") or (base.family == "ratio" and not base.population):
        raise ConfigurationError(
            f"a change is of a count or of the cases of a rate per residents, not of {base.id}", where=metric.id
        )
    if wrong := [p for p in metric.periods if p not in CHANGE_PERIODS[metric.against] or p not in base.periods]:
        raise ConfigurationError(f"period {wrong[0]} of {base.id} has no period {metric.against}", where=metric.id)


def _check_warnings(metric: Metric, built: dict[str, Metric]) -> None:
    if "not_a_rate" in metric.warnings and (metric.family in ("ratio", "share") or metric.population):
        raise ConfigurationError("warned as not_a_rate, and given as a rate", where=metric.id, remedy="family count")
    for other in metric.do_not_divide:
        if other not in built:
            raise ConfigurationError(f"do_not_divide names {other!r}, no entry", where=metric.id)


def check_composites(built: dict[str, Metric], rows: Iterable[dict[str, str]]) -> None:
    """Raises ConfigurationError for a member that must not be mixed in: neutral figures are never a goal (M01, M05)."""
    for row in rows:
        composite, member = built.get(row["composite_id"]), built.get(row["metric_id"])
        if composite is None or composite.family != "composite" or member is None:
            raise ConfigurationError(f"{row['composite_id']} or {row['metric_id']} is no such entry", where=WEIGHTS.name)
        if member.direction == "neutral" or member.family not in ("ratio", "median", "stock", "count"):
            raise ConfigurationError(
                f"{member.id} is {member.direction} and of family {member.family}: it has no place in a score",
                where=WEIGHTS.name,
                remedy="only figures with a direction, that are no change and no share",
            )  # fmt: skip
        if float(row["weight"]) <= 0:
            raise ConfigurationError(f"the weight of {member.id} is not above 0", where=WEIGHTS.name)


def refused_pairs(metrics: Sequence[Metric]) -> frozenset[frozenset[str]]:
    """Pairs of entries of which no figure may be one divided by the other."""
    return frozenset(frozenset((metric.id, other)) for metric in metrics for other in metric.do_not_divide)


def warning_rows(metrics: Sequence[Metric]) -> list[tuple[str, str, str]]:
    """(metric, warning, the other metric of a pair or empty), one row per metric, warning and other."""
    found = []
    for metric in metrics:
        for warning in metric.all_warnings:
            others = metric.do_not_divide if warning == "do_not_divide" else ("",)
            found += [(metric.id, warning, other) for other in others]
    return found
