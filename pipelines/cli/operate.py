"""Commands that move data: demo, run, ingest, build, past, rollback, generate.

Belongs here: options, printing, exit codes. Does not: the work (ingest, build, publish) or the graph (defs).
"""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli import show
from pipelines.core.errors import CityError, SourceUnavailable, StorageFailed, UsageError
from pipelines.core.settings import CITIES, pick
from pipelines.synthetic.words import MOST_GRIDS

HomeOption = Annotated[Path | None, typer.Option("--home", help="where state is kept; default data/home/<city>")]
CityOption = Annotated[Path | None, typer.Option("--city", help="a city folder; default: the home's city, else demo")]
SourceOption = Annotated[Path | None, typer.Option("--source-root", help="folder that the feeds' patterns start from")]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help="2026-06-30 or 2026-06-30T23:59:59; default: the data's own")]
ServeOption = Annotated[bool, typer.Option("--serve/--no-serve", help="serve the boards afterwards")]
PortOption = Annotated[int, typer.Option("--port", help="port of the boards")]


def moment(text: str | None) -> dt.datetime | None:
    """An --as-of value; a bare day means its end."""
    if text is None:
        return None
    try:
        value = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no time", where="--as-of", remedy="write 2026-06-30 or 2026-06-30T23:59:59") from error
    return value.replace(hour=23, minute=59, second=59) if len(text) == len("2026-06-30") else value


def execute(
    city: Path | None, home: Path | None, source_root: Path | None, as_of: str | None, *, builds_only: bool = False
) -> int:
    """Run the graph in this process; prints the funnel, the build and the seconds; returns the exit code.

    Raises the CityError that stopped it; where a source had failed before, that is what it ends with.
    """
    progress, started = show.Progress(), time.monotonic()
    from pipelines.defs import graph
    from pipelines.defs.resources import Run

    run = Run(city=city, home=home, source_root=source_root, as_of=moment(as_of), tell=progress, retry_seconds=0, is_watched=True)
    try:
        published = graph.execute(run, builds_only=builds_only)
    except CityError as error:
        if run.failed_sources:  # each was told as it failed
            error.exit_code = SourceUnavailable.exit_code
        raise
    finally:
        progress.done()
    show.console.print(pick(f"{time.monotonic() - started:.0f} s", f"用时 {time.monotonic() - started:.0f} 秒"))
    is_held = not published or bool(run.held_build)
    if not is_held:
        _tell_notes(run.place.home.root)
    if run.failed_sources:
        return SourceUnavailable.exit_code
    return 1 if is_held or any(outcome.verdict == "held" for outcome in run.outcomes) else 0


def _tell_notes(home: Path) -> None:
    """What the build on show could not decide or understand."""
    from pipelines.core.warehouse import open_published
    from pipelines.reports.build_notes import notes

    with open_published(home) as build:
        for line in notes(build, str(home)):
            show.console.print(f"{pick('note', '提示')} {line}", markup=False)


def run_command(
    city: CityOption = None, home: HomeOption = None, source_root: SourceOption = None, as_of: AsOfOption = None
) -> None:
    """Ingest what is new, build, audit, publish. / 接入新文件、构建、审核、发布。"""
    raise typer.Exit(execute(city, home, source_root, as_of))


def demo(home: HomeOption = None, serve: ServeOption = True, port: PortOption = 8501) -> None:
    """The synthetic city from nothing to its boards. / 用合成城市从零跑到看板。"""
    from pipelines.core.installation import open_installation
    from pipelines.synthetic import writer

    place = open_installation(city=CITIES / "demo", home=home)
    if not any(place.source_root.glob("*")):
        started = time.monotonic()
        writer.generate_for(place.city, place.source_root)
        show.console.print(
            pick(f"synthetic city written in {time.monotonic() - started:.0f} s: ",
                 f"合成城市已生成，用时 {time.monotonic() - started:.0f} 秒：") + str(place.source_root)
        )  # fmt: skip
    code = execute(CITIES / "demo", home, None, None)
    if code == 0 and serve:
        from pipelines.cli import serve as serving

        serving.boards(home=place.home.root, port=port)
    raise typer.Exit(code)


def ingest_command(city: CityOption = None, home: HomeOption = None, source_root: SourceOption = None) -> None:
    """Only ingest what is new. / 只接入新文件。"""
    from pipelines import ingest
    from pipelines.core.installation import open_installation

    place, progress = open_installation(city=city, home=home, source_root=source_root), show.Progress()
    codes = []
    for binding in place.city.feeds:
        outcomes: list[ingest.FileOutcome] = []

        def heard(outcome: ingest.FileOutcome, into: list[ingest.FileOutcome] = outcomes) -> None:
            into.append(outcome)
            progress("file", outcome)

        progress("feed", binding)
        failed = ""
        try:
            ingest.ingest_feed(binding, place, now=place.now(), progress=heard)
        except (SourceUnavailable, StorageFailed) as error:  # the other feeds go on
            failed = str(error)
        progress("feed_done", (binding, outcomes, failed))
        codes.append(3 if failed else int(any(o.verdict == "held" for o in outcomes)))
    raise typer.Exit(max(codes, default=0))


def build_command(home: HomeOption = None, as_of: AsOfOption = None) -> None:
    """Build, audit and publish what is landed, without ingesting. / 不接入新文件，仅构建、审核、发布。"""
    from pipelines.core.installation import existing_home

    raise typer.Exit(execute(None, existing_home(home).root, None, as_of, builds_only=True))


def past_command(
    known_by: Annotated[str, typer.Option("--known-by", help="2026-06-30 or 2026-06-30T12:00: the end of what was known")],
    to: Annotated[Path, typer.Option("--to", help="a new folder: the home of that past")],
    home: HomeOption = None,
) -> None:
    """What this home knew at a past moment, as a home of its own, built. / 重现本目录在过去某一时刻所知。"""
    from pipelines import past
    from pipelines.core.installation import existing_home

    until = moment(known_by)
    assert until is not None
    made = past.make(existing_home(home), to.expanduser().resolve(), until)
    show.console.print(
        pick(f"known by {until}: {made.files} files that count, {made.others} that do not, {made.decisions} decisions",
             f"截至 {until}：有效文件 {made.files} 个，其他 {made.others} 个，决定 {made.decisions} 项")
    )  # fmt: skip
    code = execute(None, made.home.root, None, None, builds_only=True)
    if not code:
        show.console.print(f"-> citybrain boards --home {made.home.root}")
    raise typer.Exit(code)


def rollback_command(build: str, home: HomeOption = None) -> None:
    """Show a kept build again. / 恢复到保留的构建。"""
    from pipelines import publish
    from pipelines.core.installation import existing_home

    publish.rollback(existing_home(home), build)
    show.console.print(pick(f"the boards show build {build}", f"看板现在显示构建 {build}"))


def generate(
    out: Annotated[Path, typer.Option("--out", help="folder to write the exports to")],
    grids: Annotated[int, typer.Option(help=f"grids of level 4, up to {MOST_GRIDS:,}")] = 400,
    days: Annotated[int, typer.Option(help="days of history")] = 730,
    seed: Annotated[int, typer.Option()] = 1,
    end: Annotated[str, typer.Option(help="last day")] = "2026-06-30",
    events: Annotated[int | None, typer.Option(help="about how many events in all")] = None,
    truth: Annotated[bool, typer.Option(help="also work out what is true of them (room and time for large cities)")] = True,
) -> None:
    """Write a synthetic city with known truth. / 生成带真值的合成城市。"""
    from pipelines.synthetic import writer

    started = time.monotonic()
    ended = dt.date.fromisoformat(end)
    known = writer.generate(out, grids=grids, days=days, seed=seed, end=ended, events=events, with_truth=truth)
    show.console.print(f"{known or out} {time.monotonic() - started:.0f} s")


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("demo")(demo)
    app.command("run")(run_command)
    app.command("ingest")(ingest_command)
    app.command("build")(build_command)
    app.command("past")(past_command)
    app.command("rollback")(rollback_command)
    app.command("generate")(generate)
