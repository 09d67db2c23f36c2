"""What is generated from the register: a dbt macro and seeds, because dbt cannot read YAML; and its semantic layer.

Belongs here: the text of these files, and whether they are current. Does not: the register itself (register).
Regenerate with `python -m pipelines.core.register`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.core import register_rules, register_semantics
from pipelines.core.errors import ConfigurationError
from pipelines.core.register import (
    POPULATIONS,
    SEEDS,
    SLICES,
    TIME_UNITS,
    Metric,
    PlannedMetric,
    cuts,
    read_planned,
    read_register,
    time_columns,
)
from pipelines.core.settings import PROJECT_ROOT

MACRO = PROJECT_ROOT / "dbt_project" / "macros" / "metrics" / "register.sql"
SEMANTICS = PROJECT_ROOT / "dbt_project" / "models" / "semantic" / "semantic_models.yml"
GENERATED = "Generated from dbt_project/metrics/*.yml by `python -m pipelines.core.register`; do not edit."


def render(metrics: Sequence[Metric], planned: Sequence[PlannedMetric] = ()) -> dict[Path, str]:
    """The generated files: path to text."""
    entries = ",\n".join(f"    {json.dumps(asdict(m), ensure_ascii=False)}" for m in metrics)
    columns = json.dumps(list(time_columns(metrics)))
    slices = json.dumps({k: v for k, v in SLICES.items() if v})
    combined = json.dumps({k: v for k, v in POPULATIONS.items() if len(v) > 1})
    units = json.dumps(TIME_UNITS)
    macro = (
        f"{{# {GENERATED} #}}\n"
        "{% macro register() -%}\n{{ return([\n" + entries + "\n]) }}\n{%- endmacro %}\n\n"
        "{% macro register_time_columns() -%}\n{{ return(" + columns + ") }}\n{%- endmacro %}\n\n"
        "{% macro register_slices() -%}\n{{ return(" + slices + ") }}\n{%- endmacro %}\n\n"
        "{% macro register_populations() -%}\n{{ return(" + combined + ") }}\n{%- endmacro %}\n\n"
        "{% macro register_time_units() -%}\n{{ return(" + units + ") }}\n{%- endmacro %}\n"
    )
    return {
        MACRO: macro,
        SEMANTICS: register_semantics.render(metrics, planned, GENERATED),
        SEEDS / "ref_metric.csv": _csv(
            [*_REF, "formula", "levels", "periods", "slices", "is_additive", "is_arrival", "is_remade", "definition"],
            map(_ref_row, metrics),
        ),
        SEEDS / "ref_metric_cut.csv": _csv(
            ["metric_id", "slice_kind", "grid_level", "period_kind"], [c for m in metrics for c in cuts(m)]
        ),
        SEEDS / "ref_metric_warning.csv": _csv(["metric_id", "warning", "other_metric_id"], register_rules.warning_rows(metrics)),
        SEEDS / "ref_metric_planned.csv": _csv(
            ["metric_id", "name_zh", "name_en", "reason_zh", "reason_en"],
            [(p.id, p.name_zh, p.name_en, p.reason_zh, p.reason_en) for p in planned],
        ),
    }


_REF = (
    "metric_id", "name_zh", "name_en", "family", "subject", "cohort", "time_column", "population", "scale", "decimals",
    "direction", "unit_zh", "unit_en", "min_denominator", "evidence", "caveat_zh", "caveat_en",
    "variant_of", "include_backlog", "of_metric", "against", "adjust", "time_unit",
)  # fmt: skip


def _ref_row(metric: Metric) -> list[Any]:
    plain = {
        "metric_id": metric.id, "time_column": metric.time, "of_metric": metric.of,
        "include_backlog": str(metric.include_backlog).lower(),
        "time_unit": metric.time_unit if metric.family == "median" else "",
    }  # fmt: skip
    named = [plain.get(name, getattr(metric, name, "")) for name in _REF]
    below = metric.population or ("" if metric.family in ("count", "stock", "median") else metric.denominator)
    above = f"sum of {metric.sum_of} where {metric.numerator}" if metric.sum_of else metric.numerator
    formula = metric.sql or f"[{above}] / [{below}] of [{metric.filter}]"
    if metric.family == "change":
        before = "the same period last year" if metric.against == "year_before" else "the month before"
        formula = f"({metric.of} - {metric.of} of {before}) / {metric.of} of {before}"
        if metric.adjust == "workdays":
            formula += f", each {metric.of} divided by its days, days off weighed as in fct_metric_day_weight"
    return [
        *named, formula, " ".join(map(str, metric.levels)), " ".join(metric.periods),
        " ".join([*metric.slices, *metric.slices_coarse]),
        *(str(yes).lower() for yes in (metric.is_additive, metric.is_arrival, metric.is_remade)),
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
    for path, text in render(read_register(), read_planned()).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            raise ConfigurationError(
                "the generated file is not current", where=str(path.relative_to(PROJECT_ROOT)),
                remedy="python -m pipelines.core.register",
            )  # fmt: skip


def write() -> list[str]:
    """Write the generated files; their paths in the checkout."""
    written = []
    for path, text in render(read_register(), read_planned()).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(str(path.relative_to(PROJECT_ROOT)))
    return written
