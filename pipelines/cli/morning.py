"""Commands of the engineer's morning: what a person decides about files and codes.

Belongs here: options, printing, exit codes. Does not: deciding, or doing what was decided (core.decided, ingest).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli import show
from pipelines.core.settings import pick

HomeOption = Annotated[Path | None, typer.Option("--home", help="where state is kept; default data/home/<city>")]
FeedOption = Annotated[str, typer.Option("--feed", help="the feed it belongs to, where its name alone does not tell")]
ByOption = Annotated[str, typer.Option("--by", help="who decides")]
ReasonOption = Annotated[str, typer.Option("--reason", help="why; shown wherever the decision is")]
FileArgument = Annotated[str, typer.Argument(help="its name, a unique part of it, or the first digits of its hash")]
NEXT = ("citybrain run makes the figures anew", "运行 citybrain run 后指标随之更新")


def settled(home: Path | None) -> Any:
    """A home that has been run, opened, its ledger saying what was decided. Raises UsageError if no run was made there."""
    from pipelines.core import decided
    from pipelines.core.installation import existing_home, open_installation

    place = open_installation(home=existing_home(home).root)
    decided.settle(place.home, place.ledger)
    return place


def retract(
    file: FileArgument, by: ByOption, reason: ReasonOption, feed: FeedOption = "", home: HomeOption = None,
    undo: Annotated[bool, typer.Option("--undo", help="give a retracted file back")] = False,
) -> None:  # fmt: skip
    """Take a file back as if it had never come. / 撤回一个文件，如同从未收到。"""
    from pipelines.core import decided
    from pipelines.core.named_files import named_file

    place = settled(home)
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


def release(file: FileArgument, by: ByOption, reason: ReasonOption, feed: FeedOption = "", home: HomeOption = None) -> None:
    """Load a file that is held because it shrank. / 放行因行数骤减而搁置的文件。"""
    from pipelines import ingest
    from pipelines.core import decided
    from pipelines.core.installation import existing_home, open_installation
    from pipelines.core.named_files import named_file

    place = open_installation(home=existing_home(home).root)
    meant = named_file(place.ledger, file, feed=feed)
    decided.release(place.home, place.ledger, meant, decided.Signed(by, reason, place.now()))
    if not ingest.has_bytes(meant, place):
        show.console.print(pick(f"released: {meant.name}; citybrain run loads it from the drop folder",
                                f"已放行：{meant.name}；运行 citybrain run 时从投递目录读入"), markup=False)  # fmt: skip
        return
    outcome = ingest.load_stored(meant, place, now=place.now())
    if outcome.verdict == "held":
        show.errors.print(f"{pick('held', '搁置')} {outcome.message}", markup=False)
        raise typer.Exit(1)
    show.console.print(pick(f"released: {meant.feed} {meant.name}, {outcome.accepted_n} rows",
                            f"已放行：{meant.feed} {meant.name}，{outcome.accepted_n} 行"), markup=False)  # fmt: skip
    show.console.print(pick(*NEXT))


def reparse(
    file: Annotated[str, typer.Argument(help="one file, whatever parser read it; default: all that an older one read")] = "",
    feed: FeedOption = "", home: HomeOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would change, and change nothing")] = False,
) -> None:  # fmt: skip
    """Read stored files anew by today's contracts and bindings. / 用现行契约与绑定重新解析留存的文件。"""
    from pipelines import reparse as rereading
    from pipelines.core.named_files import named_file

    place = settled(home)
    rows = [named_file(place.ledger, file, feed=feed)] if file else rereading.waiting(place, feed=feed)
    read = []
    for one in rereading.read_anew(place, rows, now=place.now()):
        show.console.print(_reread_line(one), markup=False)
        read.append(one)
    left = sum(one.refused is not None for one in read)
    if dry_run:
        rereading.discard(place, read)
    else:
        rereading.switch(place, read)
    show.console.print(_reread_total(len(read) - left, left, dry_run=dry_run))
    raise typer.Exit(1 if left else 0)


def _reread_total(done: int, left: int, *, dry_run: bool) -> str:
    if not done + left:
        return pick("every file was read by today's parser", "所有文件均已按现行规则解析")
    if dry_run:
        return pick(f"would read {done} files anew and leave {left}; nothing was changed",
                    f"将重新解析 {done} 个文件，{left} 个保持不变；本次未作改动")  # fmt: skip
    told = pick(f"{done} files read anew, {left} left as they were", f"重新解析 {done} 个文件，{left} 个保持不变")
    return f"{told}\n{pick(*NEXT)}" if done else told


def _reread_line(one: Any) -> str:
    """One file's counts before and after, and the rules whose counts changed; or why it stays as it is."""
    head = f"{one.file.feed} {one.file.name}: "
    if one.refused is not None:
        stays = pick("left as it was", "保持不变")
        remedy = f" -> {one.refused.remedy}" if one.refused.remedy else ""
        return f"{head}{stays}: {one.refused.what}{remedy}"
    words = {"read_n": ("read", "读入"), "accepted_n": ("accepted", "接收"), "quarantined_n": ("quarantined", "隔离")}
    counts = [
        f"{pick(*words[name])} {one.before[name] if one.before else '-'} -> {getattr(one.parsed.parse, name)}" for name in words
    ]
    rules = [f"{rule} {before} -> {now}" for rule, (before, now) in one.rules_changed.items()]
    return head + ", ".join(counts) + (f" ({'; '.join(rules)})" if rules else "")


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    for command in (retract, release, reparse):
        app.command(command.__name__)(command)
