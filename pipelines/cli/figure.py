"""Commands about one figure: can it be true, what is it made of, why did it change.

Belongs here: audit-figure, trace, diff. Does not: arithmetic (analytics.figures), finding cases and reasons (trace), how a
figure is put on the screen (show_figure).
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.examine import HomeOption
from pipelines.core.errors import UsageError
from pipelines.core.settings import pick

MetricArgument = Annotated[str, typer.Argument(help="a metric (M16), or a whole name METRIC[~KIND=CODE]/AREA/PERIOD/BASIS@BUILD")]
SliceOption = Annotated[str | None, typer.Option("--slice", help="KIND=CODE, such as category=0301")]
AreaOption = Annotated[str | None, typer.Option("--area", help="code or name")]
PeriodOption = Annotated[
    str | None,
    typer.Option(
        "--period",
        help="2026, 2026-H1, 2026-Q2, 2026-06, 2026-W26, 2026-06-25, festival-FIRST..LAST (days), or up to the build's day: "
        "mtd, qtd, htd, ytd, 28d, cumulative, as_of",
    ),
]
BasisOption = Annotated[str | None, typer.Option("--basis", help="as_was (default)")]


def audit_figure(
    value: Annotated[str, typer.Option(help="the figure as printed, in percent")],
    decimals: Annotated[int, typer.Option(help="decimals it is printed with")],
    den: Annotated[int, typer.Option(help="the number of cases it is a share of")],
    comparator: Annotated[str, typer.Option(help="= > >= < <= or ~")] = "=",
) -> None:
    """Can this number be true? / 这个数可能吗？ Exit 1 if it cannot."""
    from pipelines.analytics import figures

    try:
        printed = Decimal(value)
    except InvalidOperation as error:
        raise UsageError(f"{value!r} is no number", where="--value", remedy="write it like 72.5") from error
    audit = figures.audit_published_figure(printed, decimals, den, comparator)
    for line in audit.lines(pick("en", "zh")):
        typer.echo(line)
    if not audit.is_feasible:
        raise typer.Exit(1)


def trace(
    metric: MetricArgument, slice_: SliceOption = None, area: AreaOption = None, period: PeriodOption = None,
    basis: BasisOption = None, home: HomeOption = None,
    most: Annotated[int, typer.Option("--most", min=0, help="cases to show")] = 20,
    csv: Annotated[Path | None, typer.Option("--csv", help="write all cases to this file")] = None,
) -> None:  # fmt: skip
    """A figure, and the cases it is made of with file and record. / 指标溯源到案件、文件与记录。 Exit 1 if they do not add up."""
    from pipelines import trace as tracing
    from pipelines.cli import show_figure
    from pipelines.core.installation import existing_home
    from pipelines.core.warehouse import open_published

    if csv is not None:
        show_figure.check_file(csv)
    place = existing_home(home)
    asked = tracing.asked_name(metric, cut=slice_, area=area, period=period, basis=basis)
    with open_published(place.root, show_figure.kept(place, asked.build) if asked.build else None) as build:
        found = tracing.trace(build, asked)
        if csv is not None:
            tracing.check_export(build, found.figure)
            show_figure.write_csv(csv, tracing.EXPORTED, tracing.pages(build, found.figure))
        show_figure.tell_trace(found, list(tracing.pages(build, found.figure, most=most)), csv)
    if not found.agrees:
        raise typer.Exit(1)


def diff(
    metric: MetricArgument, slice_: SliceOption = None, area: AreaOption = None, period: PeriodOption = None,
    basis: BasisOption = None, home: HomeOption = None,
    earlier: Annotated[str | None, typer.Option("--from", help="a kept build; default: the one before --to")] = None,
    later: Annotated[str | None, typer.Option("--to", help="a kept build; default: the current one")] = None,
    most: Annotated[int, typer.Option("--most", min=0, help="changed cases to show")] = 20,
    json: Annotated[bool, typer.Option("--json", help="for machines: one JSON object, every changed case")] = False,
) -> None:  # fmt: skip
    """Why a figure changed between two builds, as steps that add up exactly. / 指标为何变化。 Exit 1 if they do not."""
    from pipelines import trace as tracing
    from pipelines.cli import show_figure
    from pipelines.core.installation import existing_home
    from pipelines.core.warehouse import open_pair

    place = existing_home(home)
    asked = tracing.asked_name(metric, cut=slice_, area=area, period=period, basis=basis)
    if later and asked.build and later != asked.build:
        raise UsageError(
            pick(f"the name says build {asked.build}, --to says {later}", f"编号为版本 {asked.build}，--to 为 {later}"),
            where="--to", remedy=pick("leave one out", "去掉其一"),
        )  # fmt: skip
    before, after = show_figure.kept_pair(place, earlier or "", later or asked.build)
    with open_pair(place.root, before, after, place.warehouse.parent / "spill") as pair:
        found = tracing.difference(pair, asked)
    if json:
        typer.echo(show_figure.difference_json(found))
    else:
        show_figure.tell_difference(found, most)
    if not found.adds_up:
        raise typer.Exit(1)


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("audit-figure")(audit_figure)
    app.command("trace")(trace)
    app.command("diff")(diff)
