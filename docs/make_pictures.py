"""The README's pictures, taken from running boards by Playwright in Debian's Chromium (`make pictures`).

Belongs here: which pages are shown, how stills and the moving picture are made. Does not: what a board shows, tests.
The demo's home is made first if there is none; everything in the pictures is synthetic.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import sync_playwright

from dashboards import serve

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
WINDOW = {"width": 1280, "height": 860}
#: The moving picture: its width, how long a step stands (ms), how many colours are enough for charts and text.
GIF_WIDTH, STEP_MS, COLOURS = 960, 2200, 96
#: The figure that is followed to its source: on-time closing of urban cases.
FIGURE = "M16"
LANGUAGES = {"en": "", "zh": ".zh-CN"}
BOARDS = {"overview": "", "risk": "risk", "data_quality": "data_quality"}
START_SECONDS, WAIT_MS = 90, 60_000


@contextlib.contextmanager
def boards_of(home: Path) -> Iterator[str]:
    """The address of the home's boards, served while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    process = subprocess.Popen(serve.command(port, home), env={**os.environ, **serve.environment(home)})
    try:
        until = time.monotonic() + START_SECONDS
        while not _is_healthy(port):
            if process.poll() is not None or time.monotonic() > until:
                sys.exit("pictures: the boards did not start")
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 (HTTP's "OK")
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Window:
    """A browser window on the boards; what is not on this machine is not asked."""

    page: Any
    address: str

    def open(self, board: str, **view: str) -> None:
        """Open a board at a view and wait until it stands still."""
        self.page.goto(f"{self.address}/{BOARDS[board]}?{urlencode(view)}")
        self.settle()

    def settle(self) -> None:
        """Wait for the page's foot, and until nothing is being drawn."""
        self.page.wait_for_selector(".footer", timeout=WAIT_MS)
        self.page.wait_for_function(
            "() => document.querySelector('[data-testid=\"stApp\"]')?.getAttribute('data-test-script-state') !== 'running'"
            " && !document.querySelector('[data-stale=\"true\"]')",
            timeout=WAIT_MS,
        )
        self.page.wait_for_timeout(900)

    def shot(self) -> Image.Image:
        """What the window shows now."""
        return Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")


def take_stills(window: Window, language: str) -> None:
    """One picture per board."""
    for board in BOARDS:
        window.open(board, lang=language)
        path = PICTURES / f"{board}{LANGUAGES[language]}.png"
        window.shot().quantize(256).save(path, optimize=True)
        print(f"pictures: {path.relative_to(ROOT)}")


def take_moving(window: Window, language: str) -> None:
    """From the overview to a figure, its trend, its cases, one case, and the record of the file it came from."""
    frames = []
    window.open("overview", lang=language)
    frames.append(window.shot())
    window.page.locator(f"a.card[href*='figure={FIGURE}']").click()
    window.settle()
    frames.append(window.shot())
    cases = window.page.locator("table a[href*='case=']").first
    cases.scroll_into_view_if_needed()
    window.page.wait_for_timeout(600)
    frames.append(window.shot())
    cases.click()
    window.page.locator(".case").wait_for()
    window.settle()
    window.page.locator(".case dl").last.scroll_into_view_if_needed()
    window.page.wait_for_timeout(600)
    frames.append(window.shot())
    height = round(GIF_WIDTH * WINDOW["height"] / WINDOW["width"])
    small = [frame.resize((GIF_WIDTH, height), Image.Resampling.LANCZOS).quantize(COLOURS) for frame in frames]
    path = PICTURES / f"figure_to_source{LANGUAGES[language]}.gif"
    small[0].save(path, save_all=True, append_images=small[1:], duration=STEP_MS, loop=0, optimize=True)
    print(f"pictures: {path.relative_to(ROOT)}, {len(frames)} steps, {path.stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Make the demo if there is none, serve it, take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=ROOT / "data" / "home" / "demo", help="whose boards are shown")
    home = parser.parse_args().home.resolve()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("pictures: no chromium -> apt-get install chromium fonts-noto-cjk")
    if not (home / "published" / "CURRENT.json").exists():
        made = "from pipelines.cli.main import main; main()"
        subprocess.run([sys.executable, "-c", made, "demo", "--no-serve", "--home", str(home)], cwd=ROOT, check=True)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with boards_of(home) as address, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, headless=True, args=CHROMIUM_FLAGS)
        for language in LANGUAGES:
            page = browser.new_context(viewport=WINDOW, device_scale_factor=1).new_page()
            page.route("**/*", lambda route: route.continue_() if address in route.request.url else route.abort())
            window = Window(page, address)
            take_stills(window, language)
            take_moving(window, language)
        browser.close()


if __name__ == "__main__":
    main()
