"""The register as a build had it: every build publishes the whole entry of each metric.

Belongs here: reading an entry of a build, and saying in which keys two entries differ. Does not: the grammar (core.register).
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from pipelines.core.errors import UsageError
from pipelines.core.register import DEFAULTS, Metric, read_planned, read_register
from pipelines.core.settings import pick
from pipelines.core.spelling import nearest
from pipelines.core.warehouse import PublishedBuild
from pipelines.tracing.naming import meant

#: Keys that name or show a figure; the others decide which cases it is made of.
SHOWN_ONLY = frozenset({
    "name_zh", "name_en", "slices", "slices_coarse", "levels", "periods", "direction", "unit_zh", "unit_en", "decimals",
    "min_denominator", "evidence", "caveat_zh", "caveat_en", "subject", "scale",
})  # fmt: skip


def definition_of(build: PublishedBuild, metric_id: str, schema: str = "marts") -> Metric:
    """The entry by which `build` made its figures.

    Raises:
        UsageError: the build has no such metric (with the nearest, or why it is declared only), or was made before builds
            kept their entries and the entry has changed since.
    """
    relation = build.connection.cursor().execute(f"select * from {schema}.ref_metric where metric_id = ?", [metric_id])
    names = [column[0] for column in relation.description]
    row = relation.fetchone()
    if row is None:
        for planned in read_planned():
            if planned.id == metric_id.upper():
                raise UsageError(
                    pick(f"{planned.id} ({planned.name_en}) is declared and not built: {planned.reason_en}",
                         f"{planned.id}（{planned.name_zh}）已登记，尚未建成：{planned.reason_zh}"),
                    where=pick("the register", "指标登记册"),
                    remedy=pick("dbt_project/metrics/planned.yml lists these", "见 dbt_project/metrics/planned.yml"),
                )  # fmt: skip
        known = [str(found[0]) for found in build.rows(f"select metric_id from {schema}.ref_metric order by 1")]
        titles = dict(build.rows(f"select name_zh, metric_id from {schema}.ref_metric")) | dict(
            build.rows(f"select name_en, metric_id from {schema}.ref_metric")
        )
        near = nearest(metric_id.upper(), known) or titles.get(nearest(metric_id, list(titles)), "")
        raise UsageError(
            pick(f"no metric {metric_id!r}", f"没有指标 {metric_id!r}"), where=pick("the register", "指标登记册"),
            remedy=meant(near) or pick("known are ", "现有：") + ", ".join(known),
        )  # fmt: skip
    told = dict(zip(names, row, strict=True))
    if told.get("definition"):
        return _entry(str(told["definition"]))
    for metric in read_register():
        if metric.id == metric_id and f"[{metric.numerator}]" in str(told["formula"]) and metric.time == told["time_column"]:
            return metric
    raise UsageError(
        pick(f"build {build.build_id} does not say how it defined {metric_id}",
             f"版本 {build.build_id} 未保存 {metric_id} 的口径"),
        where=metric_id, remedy=pick("trace it in a newer build", "请在更新的版本中追溯"),
    )  # fmt: skip


def _entry(text: str) -> Metric:
    """An entry as JSON; keys that today's grammar does not know play no part, keys it has gained take their default."""
    told: dict[str, Any] = {**DEFAULTS, **json.loads(text)}
    known = {field.name for field in fields(Metric)}
    kept: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in told.items() if key in known}
    return Metric(**kept)


def changed_keys(before: Metric, after: Metric) -> tuple[list[str], list[str]]:
    """(keys that decide about cases, keys that only name or show) in which two entries differ."""
    differ = [field.name for field in fields(Metric) if getattr(before, field.name) != getattr(after, field.name)]
    return [key for key in differ if key not in SHOWN_ONLY], [key for key in differ if key in SHOWN_ONLY]
