"""An open page becomes that of a new build by itself, also after its reader went to another board; no click is lost to that."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Reader, serving, window_on
from tests.conftest import TinyCity
from tests.integration import publishing

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000
#: Keeps what Streamlit's frontend would send, until let go: everything that happens meanwhile goes as one message.
_HOLD = """() => {
  const own = window.setTimeout, held = window.held = [];
  window.setTimeout = (work, ms, ...rest) =>
    !ms && String(work).includes("sendUpdateWidgetsMessage") ? held.push(work) : own(work, ms, ...rest);
  window.letGo = () => { window.setTimeout = own; held.forEach(work => work()); };
}"""


def choose(reader: Reader) -> None:
    reader.page.locator("[role=option]", has_text="2026年5月").click()


def follow(reader: Reader) -> None:
    reader.page.locator(".head a", has_text="风险").first.click()


def look_up(reader: Reader) -> None:
    reader.page.locator(".head form").get_by_role("textbox").press("Enter")


def test_an_open_page_shows_a_new_build_by_itself(browser: Any, tiny_city: TinyCity, tmp_path: Path) -> None:
    home = publishing.copied(tiny_city.home, tmp_path / "home")
    publish = [sys.executable, "-m", "tests.integration.publishing", str(home), str(tiny_city.folder), "1", "0"]
    with serving(home, tmp_path / "log.txt") as port, window_on(browser, port) as reader:
        reader.open("risk", lang="zh")
        reader.page.locator(".head a", has_text="总览").first.click()
        reader.page.wait_for_url(lambda address: "/risk" not in address)
        reader.settled()
        new = reader.page.locator(".banner", has_text=publishing.build_of(publishing.FIRST + 1))
        assert not new.count()
        subprocess.run(publish, check=True, capture_output=True)
        new.wait_for(timeout=PATIENCE_MS)
        reader.settled()
        assert f"{publishing.FIRST + 1:,}" in reader.text()


@pytest.mark.parametrize(
    ("act", "address"),
    [(choose, "period=2026-05"), (follow, "/risk?"), (look_up, "find="), (Reader.click_on_map, "area=")],
    ids=["box", "link", "form", "map"],
)
def test_what_a_reader_does_in_the_moment_of_a_question_for_news_is_answered(
    reader: Reader, act: Callable[[Reader], None], address: str
) -> None:
    """Both go as one message then, named after the question: the page must be made all the same (dashboards/kit/owed.py)."""
    page = reader.open("areas", lang="zh")
    if act is choose:
        page.locator(".st-key-choose_period input").first.click()
        page.locator("[role=option]").first.wait_for()
    if act is look_up:
        page.locator(".head form").get_by_role("textbox").fill("网格")
    page.evaluate(_HOLD)
    page.wait_for_function("() => held.length", timeout=PATIENCE_MS)
    act(reader)
    page.wait_for_timeout(200)
    page.evaluate("letGo()")
    page.wait_for_url(lambda now: address in now, timeout=PATIENCE_MS)
    reader.settled()
    page.mouse.move(0, 0)
    shown = reader.text()
    page.reload()
    reader.settled()
    assert shown == reader.text(), "the page is not what its address says"
