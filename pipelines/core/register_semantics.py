"""The register in the words of dbt's semantic layer (MetricFlow), for tools that read that and sum for themselves.

Belongs here: which entries can be said in it, and how. Does not: the register (register), writing files (register_files), the
view that it reads (dbt_project/models/semantic/sem_event.sql).

Only sums can be said: counts, and ratios of two counts over the same events. What needs residents, a quantile, a stock, last
year, or a numerator that grows until its period ends is left out, and named with where to read it instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from pipelines.core.register import SLICES, Metric, PlannedMetric, time_columns

#: Slices that the layer can cut by, beside the district; the others are worked out per figure.
CUTS = {name: column for name, column in SLICES.items() if column and name != "all"}
NOTE = (
    "Sums over events, as areas were at the time, districts at the finest. Not suppressed and without minimum denominators: "
    "what may be published is marts.v_metric_display. Cases known only to the month or year lie on its first day."
)


def is_sayable(metric: Metric) -> bool:
    """Whether an entry is a sum, or a ratio of two, over single events, whatever period they are summed over."""
    if metric.family not in ("count", "ratio") or metric.sql or metric.population or metric.include_backlog:
        return False
    return not metric.numerator_time or metric.cohort == "cumulative"


def _measure(metric: Metric, part: str) -> dict[str, Any]:
    kinds = ", ".join(f"'{kind}'" for kind in metric.kinds)
    told = [f"event_kind in ({kinds})", f"{metric.time} <= feed_as_of", f"({metric.filter})", f"({metric.denominator})"]
    if metric.counts == "counted":
        told.append("is_counted")
    if part == "num":
        told.append(f"({metric.numerator})")
        if metric.numerator_time:
            told.append(f"{metric.numerator_time} <= feed_as_of")
    one = f"coalesce({metric.sum_of}, 0)" if metric.sum_of else "1"
    conditions = " and ".join(condition for condition in told if condition != "(true)")
    return {
        "name": f"{metric.id.lower()}_{part}",
        "description": f"{metric.name_en}: {'what counts' if part == 'num' else 'of what'}",
        "agg": "sum",
        "expr": f"case when {conditions} then {one} else 0 end",
        "agg_time_dimension": metric.time,
        "create_metric": metric.family == "ratio",
    }


def _metric(metric: Metric) -> dict[str, Any]:
    name = metric.id.lower()
    parts: dict[str, Any] = {"measure": f"{name}_num"}
    if metric.family == "ratio":
        parts = {"numerator": f"{name}_num", "denominator": f"{name}_den"}
    caveats = [
        f"{metric.caveat_zh} {metric.caveat_en}".strip(),
        "只有累计值 Only the total over all time." * bool(metric.numerator_time),
    ]
    return {
        "name": name,
        "label": f"{metric.id} {metric.name_zh} {metric.name_en}",
        "description": " ".join(filter(None, [f"{metric.name_zh} {metric.name_en}.", *caveats])),
        "type": "ratio" if metric.family == "ratio" else "simple",
        "type_params": parts,
        "config": {"meta": {
            "metric_id": metric.id, "cohort": metric.cohort, "direction": metric.direction, "scale": metric.scale,
            "decimals": metric.decimals, "unit_zh": metric.unit_zh, "unit_en": metric.unit_en,
            "min_denominator": metric.min_denominator, "warnings": list(metric.all_warnings),
        }},
    }  # fmt: skip


def _events(metrics: Sequence[Metric]) -> dict[str, Any]:
    times = [{"name": time, "type": "time", "type_params": {"time_granularity": "day"}} for time in time_columns(metrics)]
    cuts = [{"name": name, "type": "categorical", "expr": f"coalesce({column}, 'UNMAPPED')"} for name, column in CUTS.items()]
    district = {"name": "district", "type": "categorical", "expr": "district_code"}
    return {
        "name": "events",
        "description": NOTE,
        "model": "ref('sem_event')",
        "defaults": {"agg_time_dimension": "reported_at"},
        "entities": [{"name": "event", "type": "primary", "expr": "event_id"}],
        "dimensions": [*times, district, *cuts],
        "measures": [_measure(m, part) for m in metrics for part in ("num", "den") if part == "num" or m.family == "ratio"],
    }


def render(metrics: Sequence[Metric], planned: Sequence[PlannedMetric], generated: str) -> str:
    """The YAML file: one semantic model, and one metric per entry that can be said; `generated` is its first line."""
    said = [metric for metric in metrics if is_sayable(metric)]
    others = [f"#   {m.id} {m.name_en} ({m.family})" for m in metrics if m not in said]
    others += [f"#   {p.id} {p.name_en} (planned)" for p in planned]
    body = {"version": 2, "semantic_models": [_events(said)], "metrics": [_metric(m) for m in said]}
    return "\n".join([
        f"# {generated}",
        "# Not here, because they are no sums over single events; read marts.v_metric_display where metric_id is:",
        *others,
        yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=200),
    ])  # fmt: skip
