"""Walking many views in one session, each by the click on a link that a reader would make.

Belongs here: going to a view, choosing in a box, reading which boxes and links a page offers. Does not: judging (judged),
which views are walked (test_matrix).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from dashboards.kit.filters import View, from_params, to_params
from dashboards.kit.markup import address
from dashboards.kit.menu import BOARDS
from tests.browser.conftest import PATHS, WAIT_MS, Reader

#: Every link of ours on the page, in order, without repeats.
_LINKS = """() => [...new Set([...document.querySelectorAll('*')].filter(one => one.shadowRoot)
  .flatMap(host => [...host.shadowRoot.querySelectorAll('a[href]')].map(link => link.getAttribute('href'))))]"""
#: Puts a link into the head of the page and clicks it: the same code follows it as any link of ours.
_FOLLOW = """href => {
  const root = document.querySelector('.st-key-markup_head').querySelectorAll('*');
  const head = [...root].find(one => one.shadowRoot).shadowRoot.querySelector('.root');
  const link = Object.assign(document.createElement('a'), {href});
  link.setAttribute('href', href);
  head.append(link);
  link.click();
  link.remove();
}"""
_BOXES = """() => [...document.querySelectorAll('[class*="st-key-choose_"]')]
  .map(box => [...box.classList].find(one => one.startsWith('st-key-choose_')).slice('st-key-choose_'.length))"""


#: One screen down in the list of an open box.
_SCROLL = """() => {
  let list = document.querySelector('[role=listbox]');
  const all = [list, ...list.querySelectorAll('*'), list.parentElement];
  const long = all.find(one => one.scrollHeight > one.clientHeight + 4 && getComputedStyle(one).overflowY !== 'visible');
  if (long) long.scrollTop += long.clientHeight - 20;
}"""
#: Seconds after which a click led nowhere; a page is made in one or two, on a busy machine in more.
PATIENCE = 60
#: A list of more screens than this is none that a reader reads.
MOST_SCREENS = 60


@dataclass
class Walker:
    """A reader who goes from view to view, each by one click. `walked`: how many pages; `faults`: address and what is wrong there."""

    reader: Reader
    walked: int = 0
    seconds: float = 0.0
    faults: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def view(self) -> View:
        """What the address bar says."""
        return from_params(dict(parse_qsl(urlsplit(self.reader.page.url).query)))

    @property
    def board(self) -> str:
        """The board that the address bar says."""
        path = urlsplit(self.reader.page.url).path.strip("/")
        return next(name for name, at in PATHS.items() if at == path)

    def go(self, board: str, view: View) -> None:
        """Look at a view of a board and wait until it is whole; the address then says that view."""
        began = time.monotonic()
        if self.reader.page.url == "about:blank":
            self.reader.open(board, **to_params(view))
        elif (self.board, self.view) != (board, view):
            self.reader.page.evaluate(_FOLLOW, address(view, BOARDS[board]))
            until = began + PATIENCE
            while (self.board, self.view) != (board, view) and time.monotonic() < until:
                self.reader.page.wait_for_timeout(50)
            self.reader.settled()
        self._count(began)
        assert (self.board, self.view) == (board, view), f"{self.reader.page.url} is not {board} {to_params(view)}"

    def _count(self, began: float) -> None:
        took = time.monotonic() - began
        self.walked, self.seconds = self.walked + 1, self.seconds + took

    def links(self) -> list[tuple[str, View]]:
        """The views that the page leads to, with their boards."""
        found = []
        for href in self.reader.page.evaluate(_LINKS):
            parts = urlsplit(href)
            path = parts.path.removeprefix("./")
            board = self.board if not parts.path else next((name for name, at in PATHS.items() if at == path), "")
            if board and not parts.netloc:
                found.append((board, from_params(dict(parse_qsl(parts.query)))))
        return found

    def boxes(self) -> list[str]:
        """The parts of the view that the page has a box for."""
        return list(self.reader.page.evaluate(_BOXES))

    def options(self, part: str) -> list[str]:
        """What a box offers, as it is written; the box is closed again."""
        page, found = self.reader.page, dict[str, None]()
        self._opened(part)
        while True:
            seen = page.locator("[role=option]").all_inner_texts()
            if set(seen) <= set(found):
                break
            found |= dict.fromkeys(seen)
            # A long list is drawn only as far as it is seen.
            page.evaluate(_SCROLL)
            page.wait_for_timeout(100)
        page.keyboard.press("Escape")
        page.locator("[role=listbox]").wait_for(state="hidden", timeout=WAIT_MS)
        return list(found)

    def choose(self, part: str, text: str) -> bool:
        """Choose what is written `text` in a box and wait; False if the page already shows it, and stays."""
        page, here, began = self.reader.page, self.reader.page.url, time.monotonic()
        self._opened(part)
        option = page.locator("[role=option]").filter(has_text=re.compile(f"^{re.escape(text)}$")).first
        for _ in range(MOST_SCREENS):
            if option.count():
                break
            page.evaluate(_SCROLL)
            page.wait_for_timeout(100)
        shown = page.locator(f".st-key-choose_{part} input").first.input_value()
        chosen = option.get_attribute("aria-selected") == "true" or shown == text
        option.click()
        until = time.monotonic() + PATIENCE
        while not chosen and page.url == here and time.monotonic() < until:
            page.wait_for_timeout(50)
        self.reader.settled()
        if not chosen:
            assert page.url != here, f"{here}: {text} was chosen in the box {part}, and nothing came of it"
            self._count(began)
        return not chosen

    def _opened(self, part: str) -> None:
        """Open a box; a click while the page is made anew may close it again."""
        box, options = self.reader.page.locator(f".st-key-choose_{part} input").first, self.reader.page.locator("[role=option]")
        until = time.monotonic() + WAIT_MS / 1000
        while not options.count() and time.monotonic() < until:
            box.click(timeout=WAIT_MS)
            self.reader.page.wait_for_timeout(400)
        options.first.wait_for(timeout=WAIT_MS)
