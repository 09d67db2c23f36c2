"""Commands about one figure; they need no data.

Belongs here: audit-figure. Does not: arithmetic (analytics.figures).
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from pipelines.core.errors import UsageError
from pipelines.core.settings import pick


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


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("audit-figure")(audit_figure)
