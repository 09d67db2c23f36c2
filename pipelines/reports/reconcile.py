"""Reconciling: a bureau's figure beside ours, read by every documented variant of its definition, nearest first.

Belongs here: which variants there are and how far each lies from what was printed. Does not: finding a figure (trace),
rounding (analytics.figures), putting it on a screen (cli).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from pipelines.analytics.figures import half_up_ratio
from pipelines.core.errors import UsageError
from pipelines.core.register import Metric
from pipelines.core.warehouse import PublishedBuild
from pipelines.trace import Figure, FigureName, definition_of, find_figure

BASES = ("as_was", "restated")


@dataclass(frozen=True, slots=True)
class Reading:
    """Our figure by one documented definition and basis.

    Attributes:
        figure: as published; a hidden one is never read.
        value: rounded half up once to the decimals that the bureau prints.
        difference: `value` minus what was printed.
    """

    figure: Figure
    value: Decimal
    difference: Decimal


def readings(build: PublishedBuild, asked: FigureName, printed: Decimal, decimals: int) -> list[Reading]:
    """Every documented reading of the figure, nearest to `printed` first.

    Args:
        build: the published build.
        asked: the figure by any of its variants.
        printed: the bureau's value, in the metric's unit.
        decimals: the decimals it is printed with.

    Raises:
        UsageError: a figure that the build does not have, or that may not be shown.
    """
    first = find_figure(build, asked)
    if first.is_hidden:
        raise UsageError("the figure is hidden: fewer persons than may be shown", where=str(first.name))
    found = []
    for metric in _variants(build, first.metric):
        for basis in BASES:
            figure = _figure(build, replace(asked, metric_id=metric.id, basis=basis))
            if figure is None or figure.is_hidden:
                continue
            value = rounded(figure, decimals)
            if value is not None:
                found.append(Reading(figure, value, value - printed))
    return sorted(found, key=lambda r: (abs(r.difference), r.figure.metric.id, r.figure.name.basis))


def _variants(build: PublishedBuild, metric: Metric) -> Iterator[Metric]:
    """The entry that all variants refer to, and the variants."""
    root = metric.variant_of or metric.id
    for (metric_id,) in build.rows(
        "select metric_id from marts.ref_metric where metric_id = ? or variant_of = ? order by metric_id", [root, root]
    ):
        yield definition_of(build, str(metric_id))


def _figure(build: PublishedBuild, name: FigureName) -> Figure | None:
    """The figure, or None where this variant or basis has none for that cut."""
    try:
        figure = find_figure(build, name)
    except UsageError:
        return None
    return figure if figure.num is not None or figure.stat_value is not None else None


def rounded(figure: Figure, decimals: int) -> Decimal | None:
    """The value to the decimals printed, by the arithmetic of v_metric_display; None where that shows none.

    From whole numbers where there are any; a median from its minutes, a composite and a change by working days from their
    `stat_value`. Half up on the size, then the sign: of a fall, or of a composite below the mean.
    """
    metric, stat = figure.metric, figure.stat_value
    is_change = metric.family == "change"
    if is_change and figure.reason:
        return None
    if metric.family in ("median", "composite") or metric.adjust == "workdays":
        if stat is None:
            return None
        millionths = round(abs(stat) * 1_000_000)
        size = half_up_ratio(millionths, 1_000_000, scale=metric.scale if is_change else 1, decimals=decimals)
        return _signed(size, is_below=stat < 0)
    if figure.num is None:
        return None
    if metric.family in ("count", "stock"):
        return half_up_ratio(figure.num, 1, decimals=decimals)
    if not figure.den:
        return None
    above = abs(figure.num - figure.den) if is_change else figure.num
    size = half_up_ratio(above, figure.den, scale=metric.scale, decimals=decimals)
    return _signed(size, is_below=is_change and figure.num < figure.den)


def _signed(size: Decimal, *, is_below: bool) -> Decimal:
    """A fall that rounds to nothing is 0, not -0."""
    return -size if is_below and size else size
