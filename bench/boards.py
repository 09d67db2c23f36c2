"""How fast the boards are, and for how many: first paint in a browser, viewers at once, the front page by double click.

What belongs here: starting the server on a home that has a published build, a browser for what one reader sees first, many
light readers at once (viewer), printing. What does not: what the boards show.

    python bench/boards.py --home DIR [--viewers 25] [--seconds 120] [--most]

Each viewer opens a session, then acts every ACT_SECONDS (another board, area or figure, so that most answers are not in
the cache), and looks for a new build as a page does. With --most the viewers double until the goal is missed.
Fails above FIRST_PAINT_SECONDS, above P95_SECONDS for --viewers, with a dropped session or an error page, or above
FRONT_PAGE_SECONDS.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from websockets.exceptions import ConnectionClosed

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.viewer import Viewer  # noqa: E402 - the project is found by its place, installed or not
from dashboards import serve  # noqa: E402
from dashboards.front.page import write_front_page  # noqa: E402
from dashboards.kit import data  # noqa: E402
from dashboards.kit.access import Reader  # noqa: E402
from dashboards.kit.menu import BOARDS  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
ACT_SECONDS = 20.0
FIRST_PAINT_SECONDS, P95_SECONDS, FRONT_PAGE_SECONDS = 2.5, 2.0, 1.0
#: New sessions whose first paint is taken, and openings of the front page.
TRIES = 7
#: The whole of a board is on the page: its answer and its foot.
PAINTED = "() => !!(window.painted = [...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector('.footer')))"


@dataclass(slots=True)
class Told:
    """What happened to all viewers."""

    seconds: list[float] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)
    dropped: int = 0
    broken: int = 0

    def p95(self) -> float:
        """The time within which 95 of 100 acts were answered."""
        return quantile(self.seconds, 0.95)


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which `part` of the values lie (nearest rank); nan without any."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, round(part * len(ranked)))] if ranked else float("nan")


@contextlib.contextmanager
def served(home: Path, log: Path | None = None) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """One server process on a free port; what it says goes to `log`."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    with (log or Path(os.devnull)).open("wb") as said:
        process = subprocess.Popen(
            serve.command(port, home), env={**os.environ, **serve.environment(home)}, stdout=said, stderr=said
        )
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                break
            time.sleep(0.2)
        yield port, process
    finally:
        process.terminate()
        process.wait(timeout=20)


def views(home: Path) -> list[tuple[str, dict[str, str]]]:
    """What readers may look at: every board in both languages, for areas down to the street, with and without a figure."""
    source = data.open_source(home, Reader())
    areas = source.ask_sql("select grid_code from marts.dim_grid where grid_level <= 3 and is_current order by grid_code")
    figures = source.ask_sql("select metric_id from marts.ref_metric where family in ('ratio', 'count') order by metric_id")
    drawn, found = random.Random(11), []
    for _ in range(400):
        name = drawn.choice(list(BOARDS))
        params = {"lang": drawn.choice(("zh", "zh", "en")), "area": drawn.choice(areas["grid_code"].to_list())}
        if drawn.random() < 0.3:  # noqa: PLR2004 - three of ten look into a figure
            params["figure"] = drawn.choice(figures["metric_id"].to_list())
        found.append(("" if BOARDS[name] == "." else name, params))
    return found


async def reading(number: int, port: int, seen: list[tuple[str, dict[str, str]]], until: float, told: Told) -> None:
    """One reader: opens a page, then acts now and then, and in between looks for a new build."""
    drawn = random.Random(number)
    await asyncio.sleep(drawn.uniform(0, ACT_SECONDS))
    try:
        async with Viewer(port) as one:
            began = time.monotonic()
            await one.open("", {"lang": "zh"})
            told.opened.append(time.monotonic() - began)
            while time.monotonic() < until:
                await one.stay(ACT_SECONDS - (time.monotonic() - began))
                began = time.monotonic()
                await one.open(*drawn.choice(seen))
                told.seconds.append(time.monotonic() - began)
            told.broken += one.broken
    except (ConnectionClosed, OSError):
        told.dropped += 1


async def crowd(port: int, count: int, seconds: float, seen: list[tuple[str, dict[str, str]]]) -> Told:
    """`count` viewers for `seconds`."""
    told, until = Told(), time.monotonic() + seconds
    await asyncio.gather(*(reading(number, port, seen, until, told) for number in range(count)))
    return told


def first_paints(browser: Browser, address: str) -> list[float]:
    """Seconds until the whole board stands on the page, each in a session of its own."""
    found = []
    for _ in range(TRIES):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        began = time.monotonic()
        page.goto(address)
        page.wait_for_function(PAINTED, polling=50, timeout=60_000)
        found.append(time.monotonic() - began)
        context.close()
    return found


def memory_mib(process: subprocess.Popen[bytes]) -> float:
    """What the server holds now."""
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def for_one(home: Path, port: int) -> list[str]:
    """What a single reader waits for, in a real browser; the goals that were missed."""
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        browser = play.chromium.launch(executable_path=CHROMIUM)
        paints = first_paints(browser, f"http://127.0.0.1:{port}/?lang=zh")
        path = Path(folder) / "index.html"
        write_front_page(home, path)
        fronts = sorted(_opened(browser, path) for _ in range(TRIES))
        browser.close()
    new = sorted(paints[1:])
    print(f"first paint of Overview: {paints[0]:.2f} s by a server just started; in a new session {new[len(new) // 2]:.2f} s "
          f"(worst of {len(new)}: {new[-1]:.2f} s; goal {FIRST_PAINT_SECONDS} s)")  # fmt: skip
    print(f"front page: {fronts[TRIES // 2]:.2f} s (worst {fronts[-1]:.2f} s; goal {FRONT_PAGE_SECONDS} s)")
    missed = ["first paint"] if new[-1] > FIRST_PAINT_SECONDS else []
    return [*missed, "front page"] if fronts[-1] > FRONT_PAGE_SECONDS else missed


def for_many(home: Path, port: int, process: subprocess.Popen[bytes], options: argparse.Namespace) -> list[str]:
    """What readers at once wait for; the goals that were missed."""
    seen, count = views(home), options.viewers
    while True:
        told = asyncio.run(crowd(port, count, options.seconds, seen))
        print(f"{count} viewers, an act each {ACT_SECONDS:.0f} s for {options.seconds:.0f} s: {len(told.seconds)} acts, "
              f"p50 {quantile(told.seconds, 0.5):.2f} s, p95 {told.p95():.2f} s (goal {P95_SECONDS} s), opening p95 "
              f"{quantile(told.opened, 0.95):.2f} s, {told.dropped} dropped, {told.broken} error pages, server holds "
              f"{memory_mib(process):.0f} MiB")  # fmt: skip
        good = told.p95() <= P95_SECONDS and not told.dropped and not told.broken
        if not (options.most and good):
            return ["viewers"] if count == options.viewers and not good else []
        count *= 2


def main() -> int:
    """Measure and print; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True, help="a home with a published build, such as the demo's")
    parser.add_argument("--viewers", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--most", action="store_true", help="double the viewers until the goal is missed")
    options = parser.parse_args()
    home = options.home.resolve()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with served(home) as (port, process):
        missed = [*for_one(home, port), *for_many(home, port, process, options)]
    print(f"missed: {', '.join(missed)}" if missed else "every goal is met")
    return 1 if missed else 0


def _opened(browser: Browser, path: Path) -> float:
    page = browser.new_page()
    began = time.monotonic()
    page.goto(path.as_uri(), wait_until="load")
    taken = time.monotonic() - began
    page.close()
    return taken


if __name__ == "__main__":
    sys.exit(main())
