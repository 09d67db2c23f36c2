"""Commands of the engineer's morning: what a person decides about files and codes.

Belongs here: options, printing, exit codes. Does not: deciding, or doing what was decided (core.decided, ingest).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli import show
from pipelines.core.settings import pick

HomeOption = Annotated[Path | None, typer.Option("--home", help="where state is kept; default data/home/<city>")]
FeedOption = Annotated[str, typer.Option("--feed", help="the feed it belongs to, where its name alone does not tell")]
ByOption = Annotated[str, typer.Option("--by", help="who decides")]
ReasonOption = Annotated[str, typer.Option("--reason", help="why; shown wherever the decision is")]
FileArgument = Annotated[str, typer.Argument(help="its name, a unique part of it, or the first digits of its hash")]
NEXT = ("citybrain run makes the figures anew", "运行 citybrain run 后指标随之更新")


def retract(
    file: FileArgument, by: ByOption, reason: ReasonOption, feed: FeedOption = "", home: HomeOption = None,
    undo: Annotated[bool, typer.Option("--undo", help="give a retracted file back")] = False,
) -> None:  # fmt: skip
    """Take a file back as if it had never come. / 撤回一个文件，如同从未收到。"""
    from pipelines.core import decided
    from pipelines.core.installation import existing_home, open_installation
    from pipelines.core.named_files import named_file

    place = open_installation(home=existing_home(home).root)
    decided.settle(place.home, place.ledger)
    before = {parse["name"] for parse in place.ledger.current_parses()}
    meant = named_file(place.ledger, file, feed=feed)
    found = decided.retract(place.home, place.ledger, meant, decided.Signed(by, reason, place.now()), undo=undo)
    done = pick("given back", "已恢复") if undo else pick("retracted", "已撤回")
    show.console.print(f"{done}: {found.feed} {found.name}", markup=False)
    after = {parse["name"] for parse in place.ledger.current_parses()}
    for name in sorted(after - before - {found.name}):
        show.console.print(pick(f"counts again: {name}", f"重新生效：{name}"), markup=False)
    for name in sorted(before - after - {found.name}):
        show.console.print(pick(f"is replaced again: {name}", f"再次被取代：{name}"), markup=False)
    show.console.print(pick(*NEXT))


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("retract")(retract)
