"""Targets that people set: what such a decision must say, and its row for the build.

Belongs here: checking and reading decisions of kind `target`. Does not: targets that departments send (a feed), which of two
holds (the model ref_target).
"""

from __future__ import annotations

import json
from typing import Any

from pipelines.core.errors import ConfigurationError, UsageError
from pipelines.core.register import Metric, cuts, read_register
from pipelines.core.settings import pick
from pipelines.core.spelling import did_you_mean


def decided_row(decision: dict[str, Any]) -> tuple[Any, ...]:
    """A row of ops.target_decision. Raises ConfigurationError for one that names no figure or no number."""
    content = json.loads(decision["content"])
    try:
        figure = [content[name] for name in ("metric_id", "area_code", "period_kind")]
        value = float(content["target_value"])
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"decision {decision['decision_id']} on a target does not say {error}", where="state.db",
            remedy="a later decision of kind target with metric_id, area_code, period_kind and target_value",
        ) from error  # fmt: skip
    cut = content.get("slice_kind") or "all", content.get("slice_code") or "all"
    return (
        figure[0], *cut, *figure[1:], decision["effective_from"], value, decision["decided_by"], decision["reason"],
        decision["decision_id"],
    )  # fmt: skip


def target_content(metric_id: str, area_code: str, period_kind: str, value: float, *, cut: str = "") -> dict[str, Any]:
    """The content of a target decision; `cut` is KIND=CODE or empty.

    Raises UsageError for a metric, slice or period that the register does not publish, and for what is no goal.
    """
    metrics = {metric.id: metric for metric in read_register()}
    if metric_id not in metrics:
        raise UsageError(
            pick(f"no metric {metric_id!r}", f"没有指标 {metric_id!r}"), where="--metric",
            remedy=did_you_mean(metric_id, metrics, otherwise="docs/data_dictionary.md"),
        )  # fmt: skip
    metric = metrics[metric_id]
    _check_goal(metric)
    slice_kind, _, slice_code = cut.partition("=") if cut else ("all", "", "all")
    published = {(s, p) for _, s, _, p in cuts(metric)}
    if (slice_kind, period_kind) not in published or not slice_code:
        told = "; ".join(
            f"{s}: {', '.join(sorted(p for t, p in published if t == s))}" for s in sorted({s for s, _ in published})
        )
        raise UsageError(
            pick(f"{metric_id} is not published by {slice_kind} and {period_kind}",
                 f"{metric_id} 未按 {slice_kind}、{period_kind} 发布"),
            where="--period", remedy=pick(f"published are {told}", f"已发布：{told}"),
        )  # fmt: skip
    return {
        "metric_id": metric_id, "area_code": area_code, "period_kind": period_kind, "target_value": value,
        "slice_kind": slice_kind, "slice_code": slice_code,
    }  # fmt: skip


def _check_goal(metric: Metric) -> None:
    if metric.direction == "neutral" or "not_a_goal" in metric.all_warnings:
        raise UsageError(
            pick(f"{metric.name_en} is no goal: a target on it would reward counting otherwise",
                 f"“{metric.name_zh}”不作为目标：设目标会促使改变统计口径而非改进工作"),
            where=metric.id, remedy=pick("set one on a figure of work done", "请对反映办理质效的指标设目标"),
        )  # fmt: skip
