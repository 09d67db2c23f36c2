"""Every question of docs/leader_questions.md is answered by the clicks that stand there, three at the most.

A walk is a line `walk: BOARD; click; click; click => SEEN`. A click is one of
`menu BOARD`, `card METRIC` (the figure's card), `choose PART N` (the N-th choice of a select box), `link CSS` (the first that is
seen). SEEN is a CSS selector and, after a `~`, what its text must match; only what the last click brought counts. After each step
the board of the address stands there under its own heading, and no error.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from dashboards.kit.menu import BOARDS
from dashboards.kit.words import table
from tests.browser.conftest import PATHS, WAIT_MS, Reader
from tests.conftest import ROOT

pytestmark = pytest.mark.browser

DOCUMENT = ROOT / "docs" / "leader_questions.md"
MOST_CLICKS = 3
#: What a board that failed shows.
WRONG = '.error, [data-testid="stException"], [data-testid="stAlert"]'
#: How many questions each reader has, as the page promises.
READERS = {"leader": 10, "analyst": 5, "clerk": 5}


@dataclass(frozen=True)
class Walk:
    """One question: who asks, the question, where it begins, its clicks, what is seen then."""

    reader: str
    question: str
    board: str
    clicks: tuple[str, ...]
    seen: str
    text: str


def walks() -> list[Walk]:
    found, reader, question = [], "", ""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## For an? (\w+)", line):
            reader = heading[1]
        elif asked := re.match(r"\d+\. (.+)", line):
            question = asked[1]
        elif walk := re.match(r"\s+`walk: (.+?) => (.+?)(?: ~ (.+))?`$", line):
            board, *clicks = (part.strip() for part in walk[1].split(";"))
            found.append(Walk(reader, question, board, tuple(clicks), walk[2], walk[3] or r"\S"))
    return found


def click(reader: Reader, act: str) -> None:
    """One click of the walk, and the page whole again."""
    page: Any = reader.page
    kind, _, rest = act.partition(" ")
    before = page.url
    if kind == "menu":
        path = BOARDS[rest].removeprefix(".")
        page.locator(
            f"nav a[href^='./{path}?'], nav a[href^='{path}?']" if path else "nav a[href^='./?'], nav a[href^='.?']"
        ).first.click()
    elif kind == "card":
        page.locator(f"a.card[href*='figure={rest}']").first.click()
    elif kind == "choose":
        part, number = rest.split()
        page.locator(f".st-key-choose_{part} input").click()
        page.locator("[role=option]").nth(int(number)).click()
    elif kind == "link":
        page.locator(rest).locator("visible=true").first.click()
    else:
        raise AssertionError(f"no such click: {act}")
    page.wait_for_function(f"() => location.href !== {before!r}", timeout=WAIT_MS)
    reader.settled()


def test_the_page_asks_what_it_promises() -> None:
    asked = walks()
    assert {name: sum(walk.reader == name for walk in asked) for name in READERS} == READERS
    assert all(len(walk.clicks) <= MOST_CLICKS for walk in asked)
    assert len({walk.question for walk in asked}) == len(asked)


def title_of(board: str) -> re.Pattern[str]:
    """The board's own heading in Chinese, whatever area or figure it names."""
    parts = re.split(r"\{\w+\}", table()[f"title.{board}"]["zh"])
    return re.compile(".+".join(map(re.escape, parts)))


def standing(reader: Reader) -> None:
    """The board of the address is there under its own heading, and nothing went wrong on it."""
    path = urlsplit(reader.page.url).path.strip("/")
    board = next(name for name, own in PATHS.items() if own.strip("/") == path)
    found, until = reader.page.locator("h1"), time.monotonic() + WAIT_MS / 1000
    # The address changes before the page does: look again until the board stands there.
    while not any(map(title_of(board).fullmatch, found.all_inner_texts())) and time.monotonic() < until:
        assert not reader.page.locator(WRONG).count(), board
        reader.page.wait_for_timeout(200)
    assert any(map(title_of(board).fullmatch, found.all_inner_texts())), (board, found.all_inner_texts())
    assert not reader.page.locator(WRONG).count(), board


def answers(text: str, before: list[str], now: list[str]) -> list[str]:
    """What of `now` answers a question and did not stand there `before` the last click brought it."""
    return [one for one in now if re.search(text, one) and one not in before]


def test_what_stood_there_before_the_click_is_no_answer() -> None:
    assert answers(r"\d", ["12"], ["12", "13", "x"]) == ["13"]
    assert not answers(r"\d", ["12"], ["12"])


@pytest.mark.parametrize("walk", walks(), ids=lambda walk: f"{walk.reader}-{walk.question[:40]}")
def test_a_question_is_answered(reader: Reader, walk: Walk) -> None:
    reader.open(walk.board, lang="zh")
    standing(reader)
    found, before = reader.page.locator(walk.seen), []
    for act in walk.clicks:
        before = found.all_inner_texts()
        click(reader, act)
        standing(reader)
    until = time.monotonic() + WAIT_MS / 1000
    while not (seen := answers(walk.text, before, found.all_inner_texts())) and time.monotonic() < until:
        reader.page.wait_for_timeout(200)
    assert seen, f"{walk.seen}: {found.all_inner_texts()[:5]}, before: {before[:5]}"
    standing(reader)
