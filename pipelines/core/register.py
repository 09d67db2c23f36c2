"""The register of metrics: `dbt_project/metrics/*.yml`, its closed grammar, and what is generated from it.

Belongs here: reading and checking entries. Does not: what must hold between entries (register_rules), the files generated
from them (register_files), the SQL of a family (dbt_project/macros/metrics), arithmetic of a figure (analytics.figures).

Regenerate with `python -m pipelines.core.register`.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.core import register_rules
from pipelines.core.errors import ConfigurationError
from pipelines.core.settings import PROJECT_ROOT
from pipelines.core.spelling import did_you_mean
from pipelines.core.yaml_text import read_yaml

METRICS = PROJECT_ROOT / "dbt_project" / "metrics"
SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"

#: ratio: numerator of denominator (cases, or residents); count: cases; stock: cases open at as_of; median: a quantile of a
#: time; share: the cases of one member of a slice of those of all members; change: of another entry against an
#: earlier period, worked out where it is shown; composite: the mean of robust z of other entries, by a dated table.
FAMILIES = ("ratio", "count", "stock", "median", "share", "change", "composite")
#: Families whose figures are sums of atoms; and those that take what they say nothing about from another entry.
ADDITIVE = ("ratio", "count", "share")
DERIVED = ("change", "composite")
COHORTS = (
    "by_report", "by_filing", "by_acceptance", "by_deadline", "by_close", "cumulative", "at_as_of", "by_receipt",
    "by_verification", "by_callback", "by_dispatch", "by_due", "by_application", "by_follow_up",
)  # fmt: skip
#: The time columns by which a cohort may place its cases. Anything else mixes cohorts.
COHORT_TIMES = {
    "by_report": {"reported_at"}, "by_filing": {"filed_at"}, "by_acceptance": {"accepted_at"},
    "by_deadline": {"deadline_at"}, "by_close": {"closed_at"}, "cumulative": {"accepted_at", "reported_at"},
    "at_as_of": {"reported_at"}, "by_receipt": {"extracted_at", "first_seen_at"}, "by_verification": {"verified_at"},
    "by_callback": {"called_back_at"}, "by_dispatch": {"dispatched_at"},
    "by_due": {"performance_due_at"}, "by_application": {"confirm_applied_at"}, "by_follow_up": {"follow_up_end_at"},
}  # fmt: skip
TIMES = (
    "occurred_at", "reported_at", "accepted_at", "registered_at", "filed_at", "dispatched_at", "acknowledged_at",
    "arrived_at", "handled_at", "verified_at", "closed_at", "deadline_at", "called_back_at", "performance_due_at",
    "performed_at", "confirm_applied_at", "first_contact_at", "evaluation_due_at", "repeated_at", "first_seen_at",
    "follow_up_end_at", "next_step_at", "lawsuit_filed_at",
)  # fmt: skip
SLICES = {
    "all": "'all'", "event_kind": "event_kind", "category": "category_code", "domain": "category_domain",
    "department": "lead_dept_id", "channel": "intake_channel", "class": "case_class", "received_level": "received_level",
    "handling_level": "cast(handling_level as varchar)", "age_band": "", "feed": "", "grid_level": "",
    "exempt_reason": "exempt_reason",
}  # fmt: skip
PERIODS = (
    "day", "week", "rolling_28d", "month", "quarter", "half_year", "year", "year_to_date", "month_to_date", "quarter_to_date",
    "half_year_to_date", "spring_festival", "cumulative",
)  # fmt: skip
#: With which period a change compares: the same days a year before, or for a month the one before it; and whether by days
#: that weigh what they bring in.
AGAINST = ("year_before", "month_before")
ADJUST = ("none", "workdays")
#: Columns that a count may add up instead of counting rows.
SUMS = ("persons_n",)
#: What a rate may be divided by: kinds of `population`, added up where several are named.
POPULATIONS: dict[str, tuple[str, ...]] = {
    "usual": ("usual",), "registered": ("registered",), "floating": ("floating",), "households": ("households",),
    "usual_and_floating": ("usual", "floating"),
}  # fmt: skip
#: What a rate of areas is divided by: grids that were valid when the period ended.
GRIDS = "grids"
#: What a reader must know before using a figure, machine-readable; the sentences are in seeds/ref_warning.csv.
WARNINGS = (
    "never_rank", "not_a_rate", "not_a_goal", "do_not_add", "self_reported", "reporting_effort", "definition_debated",
    "open_cases_depress", "linking_recall", "do_not_divide", "contrast",
)  # fmt: skip
DIRECTIONS = ("higher", "lower", "neutral")
#: event kind -> whether its rows are cases; the others (calls, visits, whistles) are acts about a case.
EVENT_KINDS = {
    row["event_kind"]: row["is_case"] == "true"
    for row in csv.DictReader((SEEDS / "ref_event_kind.csv").read_text(encoding="utf-8").splitlines())
}
KINDS = tuple(EVENT_KINDS)
CASE_KINDS = tuple(kind for kind, is_case in EVENT_KINDS.items() if is_case)
#: Levels and periods at which slices under `slices_coarse` are given.
COARSE_LEVEL = 2
COARSE_PERIODS = tuple(period for period in PERIODS if period not in ("day", "week"))
#: What an entry has that states no periods. Open periods to date and the weeks of the Spring Festival are asked for by name.
USUAL_PERIODS = ("week", "rolling_28d", "month", "quarter", "half_year", "year", "year_to_date")
GRID_LEVEL = 4
GRID_PERIODS = ("month", "year")
#: A quantile of minutes is shown in these: their minutes.
TIME_UNITS = {"minute": 1, "hour": 60, "day": 1440}
CLOSING = re.compile(r"closed_at|handled_at|settled")
ID = re.compile(r"[MV]\d{2}[a-z]?")


@dataclass(frozen=True, slots=True)
class Metric:
    """One entry. `filter`, `numerator`, `denominator` are SQL over columns of fct_event.

    `numerator_time`: the numerator counts in a period only if that time lies at or before the period's end.
    `sum_of`: the column that is added up over the numerator's events, where a count does not count the events themselves.
    `slices` are given at every level and period of the entry, `slices_coarse` at levels 0-2 and months or longer only.
    `variant_of` names the entry that this one reads differently; `include_backlog` adds to a rate by deadline what was
    due before the period and still open at its start; `of` names the entry whose change this is, `against` the period it
    is compared with, `adjust` whether by working days. `time_unit`: of a median. `do_not_divide` names entries that count
    other things: no figure may be one by the other.
    """

    id: str
    name_zh: str
    name_en: str
    family: str
    subject: str
    cohort: str
    time: str
    kinds: tuple[str, ...]
    filter: str
    numerator: str
    numerator_time: str
    denominator: str
    start: str
    quantile: float
    population: str
    sum_of: str
    scale: int
    slices: tuple[str, ...]
    slices_coarse: tuple[str, ...]
    levels: tuple[int, ...]
    periods: tuple[str, ...]
    counts: str
    direction: str
    unit_zh: str
    unit_en: str
    decimals: int
    min_denominator: int
    evidence: str
    caveat_zh: str
    caveat_en: str
    sql: str
    is_arrival: bool
    variant_of: str
    include_backlog: bool
    of: str
    against: str
    adjust: str
    time_unit: str
    warnings: tuple[str, ...]
    do_not_divide: tuple[str, ...]

    @property
    def is_additive(self) -> bool:
        """Whether numerators and denominators add up over areas; a median does not."""
        return self.family in ADDITIVE

    @property
    def is_remade(self) -> bool:
        """Whether every build makes all its figures anew: they hang on more than the days of their period."""
        return self.family == "stock" or bool(self.sql) or self.include_backlog

    @property
    def all_warnings(self) -> tuple[str, ...]:
        """What is stated, and what follows: a neutral figure is never ranked."""
        follows = (["never_rank"] if self.direction == "neutral" else []) + (["do_not_divide"] if self.do_not_divide else [])
        return tuple(dict.fromkeys([*self.warnings, *follows]))


@dataclass(frozen=True, slots=True)
class PlannedMetric:
    """An entry that is declared and not built: never a number, always the reason."""

    id: str
    name_zh: str
    name_en: str
    reason_zh: str
    reason_en: str


DEFAULTS: dict[str, Any] = {
    "kinds": list(CASE_KINDS), "filter": "true", "numerator": "true", "numerator_time": "", "denominator": "true", "start": "",
    "quantile": 0.5, "population": "", "sum_of": "", "scale": 1, "slices": ["all"], "slices_coarse": [], "levels": [0, 1, 2, 3],
    "periods": list(USUAL_PERIODS), "counts": "counted", "unit_zh": "", "unit_en": "", "decimals": 0,
    "min_denominator": 0, "evidence": "", "caveat_zh": "", "caveat_en": "", "sql": "", "is_arrival": False,
    "variant_of": "", "include_backlog": False, "of": "", "against": "year_before", "adjust": "none",
    "time_unit": "day", "warnings": [], "do_not_divide": [],
}  # fmt: skip
REQUIRED = ("id", "name_zh", "name_en", "family", "subject", "cohort", "time", "direction")
KEYS = (*REQUIRED, *DEFAULTS)
CLOSED: dict[str, Sequence[Any]] = {
    "family": FAMILIES, "cohort": COHORTS, "direction": DIRECTIONS, "subject": ("person", "matter"),
    "population": ("", *POPULATIONS, GRIDS), "sum_of": ("", *SUMS), "counts": ("counted", "all"),
    "numerator_time": ("", *TIMES), "start": ("", *TIMES),
    "against": AGAINST, "adjust": ADJUST, "time_unit": tuple(TIME_UNITS), "include_backlog": (False, True),
    "is_arrival": (False, True),
}  # fmt: skip
CLOSED_LISTS: dict[str, Sequence[Any]] = {
    "kinds": KINDS, "slices": tuple(SLICES), "slices_coarse": tuple(SLICES), "periods": PERIODS, "levels": tuple(range(6)),
    "warnings": tuple(w for w in WARNINGS if w != "do_not_divide"),
}  # fmt: skip


def _unknown(what: str, found: object, known: Sequence[Any], where: str) -> ConfigurationError:
    return ConfigurationError(f"unknown {what} {found!r}", where=where, remedy=did_you_mean(str(found), known))


def parse_entry(entry: dict[str, Any], where: str) -> Metric:
    """One entry, checked. Raises ConfigurationError naming the entry, the key and the nearest known spelling."""
    at = f"{where}: {entry.get('id', '?')}"
    for key in entry:
        if key not in KEYS:
            raise _unknown("key", key, KEYS, at)
    for key in REQUIRED:
        if key not in entry:
            raise ConfigurationError(f"{key} is missing", where=at)
    if not ID.fullmatch(str(entry["id"])):
        raise ConfigurationError("an id is M or V, two digits, perhaps a letter", where=at)
    full = {**DEFAULTS, **entry}
    for key, known in CLOSED.items():
        if full[key] not in known:
            raise _unknown(key, full[key], known, at)
    for key, known in CLOSED_LISTS.items():
        for member in full[key]:
            if member not in known:
                raise _unknown(key, member, known, at)
        full[key] = tuple(full[key])
    full["do_not_divide"] = tuple(full["do_not_divide"])
    metric = Metric(**full)
    _check_cohort(metric, at)
    _check_family(metric, at)
    return metric


def _check_cohort(metric: Metric, at: str) -> None:
    """A rate has one cohort: the cases of its denominator. A numerator that looks at closing states how far it looks."""
    if metric.time not in COHORT_TIMES[metric.cohort]:
        raise ConfigurationError(
            f"cohort {metric.cohort} places cases by {' or '.join(sorted(COHORT_TIMES[metric.cohort]))}, not by {metric.time}",
            where=at, remedy="one figure has one cohort: change cohort or time",
        )  # fmt: skip
    if metric.family not in ("ratio", "share") or metric.sql or metric.population:
        return
    closing = CLOSING.search(metric.numerator) or metric.numerator_time
    if closing and metric.cohort not in ("by_deadline", "by_close", "cumulative"):
        raise ConfigurationError(
            "the numerator counts what is closed, the denominator what came in: two cohorts",
            where=at, remedy="cohort by_deadline or cumulative (with numerator_time), or by_close",
        )  # fmt: skip
    if metric.cohort == "cumulative" and (not metric.numerator_time or metric.periods != ("cumulative",)):
        raise ConfigurationError("a cumulative rate needs numerator_time, and has no period but cumulative", where=at)


def _check_family(metric: Metric, at: str) -> None:
    if metric.family == "median" and not metric.start and not metric.sql:
        raise ConfigurationError("a median needs start: the time from which to the metric's time days are counted", where=at)
    if metric.family == "stock" and metric.cohort != "at_as_of":
        raise ConfigurationError("a stock has cohort at_as_of", where=at)
    if metric.sum_of and metric.family != "count":
        raise ConfigurationError("only a count adds up a column", where=at)
    if metric.population and metric.family != "ratio":
        raise ConfigurationError("only a ratio has a population", where=at)
    if metric.family == "share" and ("all" in (*metric.slices, *metric.slices_coarse) or metric.denominator != "true"):
        raise ConfigurationError(
            "a share is of the cases of all members of its slices: it has no slice all and no denominator of its own", where=at,
        )  # fmt: skip
    if (metric.family == "change") != bool(metric.of):
        raise ConfigurationError("a change, and only a change, names with `of` the entry whose change it is", where=at)
    if metric.family != "change" and (metric.against, metric.adjust) != ("year_before", "none"):
        raise ConfigurationError("against and adjust are said of a change only", where=at)
    if metric.include_backlog and (metric.cohort != "by_deadline" or metric.family != "ratio" or not metric.variant_of):
        raise ConfigurationError("backlog is for a rate by deadline that is a variant of one without it", where=at)
    if metric.cohort == "cumulative" and metric.slices_coarse and GRID_LEVEL in metric.levels:
        raise ConfigurationError("a cumulative rate ends at level 3", where=at)


def _entries(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """(file name, entry) of every entry, in the order of files. Raises ConfigurationError for an id used twice."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for path in sorted(folder.glob("*.yml")):
        for entry in read_yaml(path.read_text(encoding="utf-8")) or []:
            key = str(entry.get("id", "?"))
            if key in found:
                raise ConfigurationError(f"id {key} is used twice", where=path.name, remedy=f"it is also in {found[key][0]}")
            found[key] = (path.name, entry)
    return list(found.values())


def read_register(folder: Path = METRICS) -> tuple[Metric, ...]:
    """Every entry that is built, in the order of id. Raises ConfigurationError at the first that is wrong."""
    found: dict[str, Metric] = {}
    derived = []
    for name, entry in _entries(folder):
        if entry.get("status") == "planned":
            continue
        if entry.get("family") in DERIVED:
            derived.append((name, entry))
            continue
        found[str(entry["id"])] = parse_entry(entry, name)
    for name, entry in derived:
        found[str(entry["id"])] = _derived(entry, found, name)
    metrics = tuple(found[key] for key in sorted(found))
    register_rules.check(metrics)
    return metrics


def _derived(entry: dict[str, Any], built: dict[str, Metric], where: str) -> Metric:
    """A change takes from the entry it is of whatever it does not state; a composite has no cases of its own."""
    at = f"{where}: {entry.get('id', '?')}"
    if entry.get("family") == "composite":
        own = {"subject": "matter", "cohort": "by_report", "time": "reported_at", **entry}
        return parse_entry(own, where)
    if entry.get("of") not in built:
        raise _unknown("entry in `of`", entry.get("of"), list(built), at)
    base = built[entry["of"]]
    taken = {k: getattr(base, k) for k in ("subject", "cohort", "time", "kinds", "filter", "slices", "slices_coarse", "levels")}
    comparable = register_rules.CHANGE_PERIODS.get(entry.get("against", AGAINST[0]), ())
    periods = [p for p in base.periods if p in comparable]
    return replace(parse_entry({**taken, "periods": periods, **entry}, where), population="", numerator=base.numerator)


def read_planned(folder: Path = METRICS) -> tuple[PlannedMetric, ...]:
    """Every entry that is declared only. Raises ConfigurationError for one without a reason or with more than it."""
    names = ["id", "name_zh", "name_en", "reason_zh", "reason_en"]
    found = []
    for where, entry in _entries(folder):
        if entry.get("status") != "planned":
            continue
        if missing := [n for n in names if not entry.get(n)]:
            raise ConfigurationError(f"{missing[0]} is missing", where=f"{where}: {entry.get('id', '?')}")
        if extra := sorted(set(entry) - {*names, "status"}):
            raise ConfigurationError(
                f"a planned entry is not built: {extra[0]} says nothing yet", where=f"{where}: {entry['id']}"
            )
        found.append(PlannedMetric(**{n: str(entry[n]) for n in names}))
    return tuple(sorted(found, key=lambda planned: planned.id))


def time_columns(metrics: Sequence[Metric]) -> tuple[str, ...]:
    """Every column of fct_event that places a case in time for some metric, or that one compares with `feed_as_of`."""
    of_events = [m for m in metrics if m.family not in DERIVED]
    used = {m.time for m in of_events} | {m.numerator_time for m in of_events} | {"closed_at", "deadline_at", "reported_at"}
    clocked = " ".join(e for m in of_events for e in (m.filter, m.numerator, m.denominator) if "feed_as_of" in e)
    used |= set(re.findall(r"\w+", clocked))
    return tuple(column for column in TIMES if column in used)


def cuts(metric: Metric) -> list[tuple[str, str, int, str]]:
    """(metric, slice, level, period kind) of every row that may exist: the published lattice."""
    full = [(s, level, p) for s in metric.slices for level in metric.levels for p in metric.periods]
    coarse = [
        (s, level, p) for s in metric.slices_coarse for level in metric.levels if level <= COARSE_LEVEL
        for p in metric.periods if p in COARSE_PERIODS
    ]  # fmt: skip

    def allowed(level: int, period: str) -> bool:
        if level >= GRID_LEVEL:
            return period in GRID_PERIODS
        return period != "day" or level <= COARSE_LEVEL

    return [(metric.id, s, level, p) for s, level, p in [*full, *coarse] if allowed(level, p)]


def main() -> None:
    """Write the generated files."""
    from pipelines.core import register_files

    for name in register_files.write():
        sys.stdout.write(f"wrote {name}\n")


if __name__ == "__main__":
    main()
