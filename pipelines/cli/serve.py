"""Commands that serve: boards, dev.

Belongs here: starting other programs with the right settings. Does not: what they show.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli import show
from pipelines.core.settings import PROJECT_ROOT, child_environment, pick

HomeOption = Annotated[Path | None, typer.Option("--home", help="where state is kept; default data/home/<city>")]
PortOption = Annotated[int, typer.Option("--port")]


#: How a program ends that Ctrl-C or SIGTERM ended: as it should.
STOPPED = (0, -signal.SIGINT, 128 + signal.SIGINT, -signal.SIGTERM, 128 + signal.SIGTERM)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a server until it ends; who ends us ends it. Its exit code, 0 where it was stopped."""
    with subprocess.Popen(command, env=environment, cwd=PROJECT_ROOT) as server:
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        while True:
            try:
                code = server.wait()
            except KeyboardInterrupt:  # the terminal has told the server too
                continue
            return 0 if code in STOPPED else code


def boards(home: HomeOption = None, port: PortOption = 8501) -> None:
    """Serve the boards on 127.0.0.1. / 在本机打开看板。"""
    from dashboards import serve
    from pipelines.core.installation import existing_home

    place = existing_home(home)
    show.console.print(f"{pick('boards', '看板')}: http://127.0.0.1:{port}   ({pick('stop with Ctrl-C', '按 Ctrl-C 停止')})")
    raise typer.Exit(_run(serve.command(port, place.root), child_environment(**serve.environment(place.root))))


def front_page(
    home: HomeOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="the file; default HOME/reports/front/index.html")] = None,
    build: Annotated[str, typer.Option("--build", help="a build that is still kept; default the current one")] = "",
    boards_at: Annotated[
        str, typer.Option("--boards-at", help="where the boards are served; without it the page has no links")
    ] = "",
) -> None:
    """One file that opens by double click: what needs a leader today, Overview, Risk. / 静态首页：今日要事、总览与风险。"""
    from dashboards.front.page import write_front_page
    from pipelines.core.installation import existing_home

    place = existing_home(home)
    path = out or place.reports / "front" / "index.html"
    write_front_page(place.root, path, build=build, boards_at=boards_at)
    show.console.print(str(path))


def dev(home: HomeOption = None, port: PortOption = 3000) -> None:
    """Dagster's UI and daemon: schedules, the drop sensor, every run. / Dagster 界面与守护进程。"""
    from pipelines.core.installation import open_installation
    from pipelines.defs import instance

    place = open_installation(home=home)
    instance.prepare(place.home)
    environment = child_environment(
        DAGSTER_HOME=str(place.home.dagster), CITYBRAIN_HOME=str(place.home.root), CITYBRAIN_CITY=str(place.city.folder)
    )
    show.console.print(f"Dagster: http://127.0.0.1:{port}")
    command = [
        str(Path(sys.executable).parent / "dagster"), "dev", "-m", "pipelines.definitions", "-h", "127.0.0.1", "-p", str(port),
    ]  # fmt: skip
    raise typer.Exit(_run(command, environment))


def attach(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("boards")(boards)
    app.command("front-page")(front_page)
    app.command("dev")(dev)
