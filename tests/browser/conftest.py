"""Boards as a reader has them: a server on this machine, Debian's Chromium, and a wall around both.

Chromium finds no other machine by any name or number: every request that is not to this one is aborted, and remembered; a test that
ends with one remembered fails. (Playwright's routes would do the same but take away the browser's cache: 2026-11, a page in a new
window then costs what the first one does.)
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from dashboards import serve
from dashboards.kit.menu import BOARDS, MENU

CHROMIUM = "/usr/bin/chromium"
#: Without motion: what turns while a page is made is drawn 60 times a second, a tenth of what a page costs.
ARGUMENTS = [
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking", "--force-prefers-reduced-motion",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]  # fmt: skip
#: Boards of one domain each; test_fields walks them.
FIELDS = tuple(name for name, entry in MENU.items() if entry.group == "fields")
PATHS = {name: path.removeprefix(".") for name, path in BOARDS.items()}
WAIT_MS = 60_000
#: How often a waiting test looks; as it is, Playwright looks, and has the page drawn, at every frame.
POLL_MS = 100


def in_turn(boards: Sequence[str]) -> list[Any]:
    """Each board once in `make test`, in turn in either language; in the other one in `make prove-boards`."""
    return [
        pytest.param(board, language, marks=[] if i % 2 == j else pytest.mark.proof)
        for i, board in enumerate(boards)
        for j, language in enumerate(("zh", "en"))
    ]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_until_healthy(port: int, process: subprocess.Popen[bytes], log: Path, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    process.kill()
    raise RuntimeError(f"the boards did not start: {log.read_text(encoding='utf-8')[-2000:]}")


@contextmanager
def serving(home: Path, log: Path) -> Iterator[int]:
    """The boards of a home, served as `citybrain boards` serves them; the port."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"no Chromium at {CHROMIUM}: apt-get install chromium fonts-noto-cjk")
    port = free_port()
    with log.open("wb") as stream:
        process = subprocess.Popen(
            serve.command(port, home), env={**os.environ, **serve.environment(home)}, stdout=stream, stderr=stream
        )
        try:
            wait_until_healthy(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture(scope="session")
def boards_port(tiny_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The boards of the tiny city."""
    with serving(tiny_home, tmp_path_factory.mktemp("boards") / "log.txt") as port:
        yield port


@dataclass
class Reader:
    """A browser window on the boards. `strayed`: requests that were not to this machine; `errors`: of the page."""

    page: Any
    port: int
    strayed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, board: str = "overview", **view: str) -> Any:
        """Open a board and wait until it is whole: its foot is there and nothing runs any more."""
        self.page.goto(f"http://127.0.0.1:{self.port}/{PATHS[board]}?{urlencode(view)}", timeout=WAIT_MS)
        self.settled()
        return self.page

    def settled(self) -> None:
        self.page.wait_for_selector(".footer, .notice", timeout=WAIT_MS)
        # Not "anything but running": while a page is being made, its question for news makes the state "rerunRequested".
        self.page.wait_for_function(
            "() => ['notRunning', 'compilationError'].includes(document.querySelector('[data-testid=\"stApp\"]')?.dataset.testScriptState)"
            " && !document.querySelector('[data-stale=\"true\"]')",
            timeout=WAIT_MS,
            polling=POLL_MS,
        )
        # What draws charts is loaded with the first of them: on a busy machine after the page says that it is done.
        self.page.wait_for_function(
            "() => !document.querySelector('[data-testid=\"stSkeleton\"]')"
            " && [...document.querySelectorAll('[data-testid=\"stPlotlyChart\"]')].every(one => one.querySelector('.main-svg'))",
            timeout=WAIT_MS,
            polling=POLL_MS,
        )
        self.page.wait_for_timeout(250)

    def click_on_map(self) -> None:
        """Click in the middle of the first area: its mark is not seen, and 34 pixels wide, wider than any other."""
        self.page.locator('[class*="st-key-clicked_map"]').scroll_into_view_if_needed()
        marks = self.page.evaluate(MARKS)
        assert marks, "the map has no marks"
        self.page.mouse.click(*marks[0])

    def text(self) -> str:
        """Everything a reader can read, also in charts and small drawings."""
        return str(self.page.evaluate(ALL_TEXT))

    def own_words(self) -> str:
        """The same without what a bureau sent, which is shown as it came: headers, keys, failing cells."""
        self.page.evaluate(
            "document.querySelectorAll('*').forEach(e => e.shadowRoot?.querySelectorAll('.data').forEach(d => d.remove()))"
        )
        return self.text()


MARKS = """() => [...document.querySelectorAll('[class*="st-key-clicked_map"] .points path')].map(one => one.getBoundingClientRect())
  .filter(one => one.width > 30).map(one => [one.x + one.width / 2, one.y + one.height / 2])"""
#: The text of the page including that of shadow roots, where our markup stands; without what Streamlit's select box whispers to a
#: screen reader while it opens ("16 options available."), which it has in English alone.
ALL_TEXT = """() => {
  const out = [];
  const walk = (node) => {
    if (node.nodeType === 3) { if (node.textContent.trim()) out.push(node.textContent.trim()); return; }
    if (node.nodeType === 1 && (['STYLE', 'SCRIPT', 'NOSCRIPT'].includes(node.tagName)
        || getComputedStyle(node).display === 'none' || node.dataset?.liveAnnouncer)) return;
    if (node.shadowRoot) node.shadowRoot.childNodes.forEach(walk);
    node.childNodes.forEach(walk);
  };
  walk(document.body);
  return out.join('\\n');
}"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, headless."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is of the dev set")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        chromium.new_context(locale="zh-CN")  # the readers' own: the first of its contexts, with one cache
        yield chromium
        chromium.close()


def is_error(said: Any) -> bool:
    """An error of the page; what a request came to is judged by `is_missing`, which knows its address."""
    return said.type == "error" and not said.text.startswith("Failed to load resource")


def is_missing(answer: Any) -> bool:
    """Whether the server had no answer. On a board below the root Streamlit first asks one folder too deep, then right."""
    return answer.status >= 400 and not re.search(r"/\w+/_stcore/(health|host-config)$", answer.url)


@pytest.fixture
def reader(browser: Any, boards_port: int) -> Iterator[Reader]:
    """A fresh window on the boards of the tiny city."""
    with window_on(browser, boards_port) as window:
        yield window


@contextmanager
def window_on(browser: Any, port: int) -> Iterator[Reader]:
    """A fresh window of the one reader who has them all (the browser keeps its cache); what it asks of another machine fails the test."""
    page = browser.contexts[0].new_page()
    page.set_viewport_size({"width": 1400, "height": 1000})
    window = Reader(page, port)

    def note(request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname not in ("127.0.0.1", "localhost"):
            window.strayed.append(request.url)

    page.on("request", note)
    page.on("pageerror", lambda error: window.errors.append(str(error)))
    page.on("console", lambda said: window.errors.append(said.text) if is_error(said) else None)
    page.on("response", lambda answer: window.errors.append(answer.url) if is_missing(answer) else None)
    yield window
    page.close()
    assert not window.strayed, "a board asked another machine"
    assert not window.errors, "the page raised errors"
