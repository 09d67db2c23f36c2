"""The command that lays a bureau's figure beside ours.

Belongs here: reconcile-figure. Does not: which variants there are (reports.reconcile).
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from pipelines.cli.examine import HomeOption
from pipelines.cli.figure import AreaOption, MetricArgument, PeriodOption, SliceOption
from pipelines.core.errors import UsageError
from pipelines.core.settings import pick


def reconcile_figure(
    metric: MetricArgument, value: Annotated[str, typer.Option(help="the bureau's figure, as printed, in the metric's unit")],
    slice_: SliceOption = None, area: AreaOption = None, period: PeriodOption = None, home: HomeOption = None,
) -> None:  # fmt: skip
    """A bureau's figure beside ours by every documented definition, nearest first. / 与部门数字核对。 Exit 1 if none agrees."""
    from pipelines import trace as tracing
    from pipelines.cli import show, show_figure
    from pipelines.core.installation import existing_home
    from pipelines.core.warehouse import open_published
    from pipelines.reports.reconcile import readings

    try:
        printed = Decimal(value)
    except InvalidOperation as error:
        raise UsageError(f"{value!r} is no number", where="--value", remedy="write it like 72.5") from error
    decimals = max(0, -int(printed.as_tuple().exponent))
    place = existing_home(home)
    asked = tracing.asked_name(metric, cut=slice_, area=area, period=period, basis=None)
    with open_published(place.root, show_figure.kept(place, asked.build) if asked.build else None) as build:
        found = readings(build, asked, printed, decimals)
    show.console.print(pick(f"printed {printed}; nearest first", f"对方数字 {printed}；由近及远"), markup=False)
    rows = [
        [str(r.value), f"{r.difference:+}", r.figure.num, r.figure.den, r.figure.metric.id,
         pick(r.figure.metric.name_en, r.figure.metric.name_zh), r.figure.name.basis]
        for r in found
    ]  # fmt: skip
    titles = [
        pick("ours", "本库"), pick("difference", "差"), pick("num", "分子"), pick("den", "分母"), pick("metric", "指标"),
        pick("name", "名称"), pick("basis", "口径基准"),
    ]  # fmt: skip
    if found:
        show_figure.table(titles, rows)
    else:
        show.console.print(pick("  no documented definition has a value here: citybrain trace says why",
                                "  各口径此处均无数值：citybrain trace 可说明原因"))  # fmt: skip
    for said in {reading.figure.metric.id: reading.figure.metric for reading in found}.values():
        caveat = pick(said.caveat_en, said.caveat_zh)
        if caveat:
            show.console.print(f"  {said.id}: {caveat}", markup=False)
    if not found or found[0].difference:
        raise typer.Exit(1)


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("reconcile-figure")(reconcile_figure)
