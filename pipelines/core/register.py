"""The register of metrics: `dbt_project/metrics/*.yml`, its closed grammar, and what is generated from it.

Belongs here: reading and checking entries, the two generated files (a dbt macro and the seed `ref_metric.csv`; dbt cannot
read YAML). Does not: the SQL of a family (dbt_project/macros/metrics), arithmetic of a figure (analytics.figures).

Regenerate with `python -m pipelines.core.register`.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.core.errors import ConfigurationError
from pipelines.core.settings import PROJECT_ROOT

METRICS = PROJECT_ROOT / "dbt_project" / "metrics"
MACRO = PROJECT_ROOT / "dbt_project" / "macros" / "metrics" / "register.sql"
SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
GENERATED = "Generated from dbt_project/metrics/*.yml by `python -m pipelines.core.register`; do not edit."

FAMILIES = ("ratio", "count", "stock", "median")
COHORTS = ("by_report", "by_filing", "by_acceptance", "by_deadline", "by_close", "cumulative", "at_as_of", "by_receipt",
           "by_callback")  # fmt: skip
#: The time columns by which a cohort may place its cases. Anything else mixes cohorts.
COHORT_TIMES = {
    "by_report": {"reported_at"}, "by_filing": {"filed_at"}, "by_acceptance": {"accepted_at"},
    "by_deadline": {"deadline_at"}, "by_close": {"closed_at"}, "cumulative": {"accepted_at", "reported_at"},
    "at_as_of": {"reported_at"}, "by_receipt": {"extracted_at"}, "by_callback": {"called_back_at"},
}  # fmt: skip
TIMES = (
    "occurred_at", "reported_at", "accepted_at", "registered_at", "filed_at", "dispatched_at", "acknowledged_at",
    "arrived_at", "handled_at", "verified_at", "closed_at", "deadline_at", "called_back_at", "performance_due_at",
    "performed_at", "confirm_applied_at", "first_contact_at", "evaluation_due_at", "repeated_at",
)  # fmt: skip
SLICES = {
    "all": "'all'", "event_kind": "event_kind", "category": "category_code", "domain": "category_domain",
    "department": "lead_dept_id", "channel": "intake_channel", "received_level": "received_level", "age_band": "",
    "feed": "", "exempt_reason": "exempt_reason",
}  # fmt: skip
PERIODS = (
    "day", "week", "rolling_28d", "month", "quarter", "half_year", "year", "year_to_date", "cumulative",
)  # fmt: skip
#: Columns that a count may add up instead of counting rows.
SUMS = ("persons_n",)
POPULATIONS = ("usual", "registered", "floating", "households")
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
COARSE_PERIODS = ("rolling_28d", "month", "quarter", "half_year", "year", "year_to_date", "cumulative")
GRID_LEVEL = 4
GRID_PERIODS = ("month", "year")
CLOSING = re.compile(r"closed_at|handled_at|settled")
ID = re.compile(r"[MV]\d{2}[a-z]?")


@dataclass(frozen=True, slots=True)
class Metric:
    """One entry. `filter`, `numerator`, `denominator` are SQL over columns of fct_event.

    `numerator_time`: the numerator counts in a period only if that time lies at or before the period's end.
    `sum_of`: the column that is added up over the numerator's events, where a count does not count the events themselves.
    `slices` are given at every level and period of the entry, `slices_coarse` at levels 0-2 and months or longer only.
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

    @property
    def is_additive(self) -> bool:
        """Whether numerators and denominators add up over areas; a median does not."""
        return self.family in ("ratio", "count")


DEFAULTS: dict[str, Any] = {
    "kinds": list(CASE_KINDS), "filter": "true", "numerator": "true", "numerator_time": "", "denominator": "true", "start": "",
    "quantile": 0.5, "population": "", "sum_of": "", "scale": 1, "slices": ["all"], "slices_coarse": [], "levels": [0, 1, 2, 3],
    "periods": ["week", *COARSE_PERIODS[:-1]], "counts": "counted", "unit_zh": "", "unit_en": "", "decimals": 0,
    "min_denominator": 0, "evidence": "", "caveat_zh": "", "caveat_en": "", "sql": "", "is_arrival": False,
}  # fmt: skip
REQUIRED = ("id", "name_zh", "name_en", "family", "subject", "cohort", "time", "direction")
KEYS = (*REQUIRED, *DEFAULTS)
CLOSED: dict[str, Sequence[Any]] = {
    "family": FAMILIES, "cohort": COHORTS, "direction": DIRECTIONS, "subject": ("person", "matter"),
    "population": ("", *POPULATIONS), "sum_of": ("", *SUMS), "counts": ("counted", "all"),
    "numerator_time": ("", *TIMES), "start": ("", *TIMES),
}  # fmt: skip
CLOSED_LISTS: dict[str, Sequence[Any]] = {
    "kinds": KINDS, "slices": tuple(SLICES), "slices_coarse": tuple(SLICES), "periods": PERIODS, "levels": tuple(range(6)),
}  # fmt: skip


def _unknown(what: str, found: object, known: Sequence[Any], where: str) -> ConfigurationError:
    near = difflib.get_close_matches(str(found), [str(k) for k in known], n=1, cutoff=0.5)
    remedy = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(str(k) or '(empty)' for k in known)}"
    return ConfigurationError(f"unknown {what} {found!r}", where=where, remedy=remedy)


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
    if metric.family != "ratio" or metric.sql or metric.population:
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
    if metric.family == "median" and not metric.start:
        raise ConfigurationError("a median needs start: the time from which to the metric's time days are counted", where=at)
    if metric.family == "stock" and metric.cohort != "at_as_of":
        raise ConfigurationError("a stock has cohort at_as_of", where=at)
    if metric.sum_of and metric.family != "count":
        raise ConfigurationError("only a count adds up a column", where=at)
    if metric.population and metric.family != "ratio":
        raise ConfigurationError("only a ratio has a population", where=at)
    if metric.cohort == "cumulative" and metric.slices_coarse and GRID_LEVEL in metric.levels:
        raise ConfigurationError("a cumulative rate ends at level 3", where=at)


def read_register(folder: Path = METRICS) -> tuple[Metric, ...]:
    """Every entry, in the order of id. Raises ConfigurationError at the first that is wrong, or for an id used twice."""
    found: dict[str, Metric] = {}
    for path in sorted(folder.glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
            metric = parse_entry(entry, path.name)
            if metric.id in found:
                raise ConfigurationError(f"id {metric.id} is used twice", where=path.name)
            found[metric.id] = metric
    return tuple(found[key] for key in sorted(found))


def time_columns(metrics: Sequence[Metric]) -> tuple[str, ...]:
    """Every column of fct_event that places a case in time for some metric, or that one compares with `feed_as_of`."""
    used = {m.time for m in metrics} | {m.numerator_time for m in metrics} | {"closed_at", "deadline_at", "reported_at"}
    clocked = " ".join(e for m in metrics for e in (m.filter, m.numerator, m.denominator) if "feed_as_of" in e)
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


def render(metrics: Sequence[Metric]) -> dict[Path, str]:
    """The generated files: path to text."""
    entries = ",\n".join(f"    {json.dumps(asdict(m), ensure_ascii=False)}" for m in metrics)
    columns = json.dumps(list(time_columns(metrics)))
    slices = json.dumps({k: v for k, v in SLICES.items() if v})
    macro = (
        f"{{# {GENERATED} #}}\n"
        "{% macro register() -%}\n{{ return([\n" + entries + "\n]) }}\n{%- endmacro %}\n\n"
        "{% macro register_time_columns() -%}\n{{ return(" + columns + ") }}\n{%- endmacro %}\n\n"
        "{% macro register_slices() -%}\n{{ return(" + slices + ") }}\n{%- endmacro %}\n"
    )
    return {
        MACRO: macro,
        SEEDS / "ref_metric.csv": _csv(
            [*_REF, "formula", "levels", "periods", "slices", "is_additive", "is_arrival", "definition"], map(_ref_row, metrics)
        ),
        SEEDS / "ref_metric_cut.csv": _csv(
            ["metric_id", "slice_kind", "grid_level", "period_kind"], [c for m in metrics for c in cuts(m)]
        ),
    }


_REF = (
    "metric_id", "name_zh", "name_en", "family", "subject", "cohort", "time_column", "population", "scale", "decimals",
    "direction", "unit_zh", "unit_en", "min_denominator", "evidence", "caveat_zh", "caveat_en",
)  # fmt: skip


def _ref_row(metric: Metric) -> list[Any]:
    plain = {"metric_id": metric.id, "time_column": metric.time}
    named = [plain.get(name, getattr(metric, name, "")) for name in _REF]
    below = metric.population or ("" if metric.family in ("count", "stock", "median") else metric.denominator)
    above = f"sum of {metric.sum_of} where {metric.numerator}" if metric.sum_of else metric.numerator
    formula = metric.sql or f"[{above}] / [{below}] of [{metric.filter}]"
    return [
        *named, formula, " ".join(map(str, metric.levels)), " ".join(metric.periods),
        " ".join([*metric.slices, *metric.slices_coarse]), str(metric.is_additive).lower(), str(metric.is_arrival).lower(),
        # The whole entry: every build keeps the definition it was made with, and `diff` tells when it changed.
        json.dumps(asdict(metric), ensure_ascii=False),
    ]  # fmt: skip


def _csv(header: Sequence[str], rows: Any) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def check_generated() -> None:
    """Raises ConfigurationError when a generated file does not say what the register says."""
    for path, text in render(read_register()).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            raise ConfigurationError(
                "the generated file is not current", where=str(path.relative_to(PROJECT_ROOT)),
                remedy="python -m pipelines.core.register",
            )  # fmt: skip


def main() -> None:
    """Write the generated files."""
    for path, text in render(read_register()).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {path.relative_to(PROJECT_ROOT)}\n")


if __name__ == "__main__":
    main()
