"""The front page: one file, opened from the disk, that asks nobody, speaks both languages and says the mart's numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.front.page import front_page, write_front_page
from pipelines.core.warehouse import PublishedBuild, open_published
from tests.browser.accessible import grave_findings
from tests.browser.conftest import ALL_TEXT
from tests.browser.judged import foreign_words
from tests.browser.test_boards import figures_of, root_of, shown_figures

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def build(tiny_home: Path) -> Any:
    found = open_published(tiny_home)
    yield found
    found.close()


@pytest.fixture(scope="module")
def opened(tiny_home: Path, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The page in a window; every request but that for the file itself is aborted, and fails the tests."""
    path = tmp_path_factory.mktemp("front") / "index.html"
    write_front_page(tiny_home, path, boards_at="http://127.0.0.1:8501/")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    page.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    yield page
    page.close()
    assert asked == [path.as_uri()]


def in_language(page: Any, language: str) -> str:
    """The text of the page after choosing a language; the switch itself names the other one."""
    label = page.locator(f'label[for="in-{language}"]')
    if label.is_visible():
        label.click()
    return str(page.evaluate(ALL_TEXT))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_speaks_one_language_at_a_time(opened: Any, language: str) -> None:
    text = in_language(opened, language)
    assert ("今天需要您过问的事" if language == "zh" else "Needs you today") in text
    assert not {line: words for line in text.splitlines() if (words := foreign_words(line, language))}
    assert not re.search(r"NaN\b|undefined|None\b", text)
    assert not grave_findings(opened)


def test_it_says_the_numbers_of_the_mart(opened: Any, build: PublishedBuild) -> None:
    in_language(opened, "en")
    shown, known = shown_figures(opened.locator("main.in-en")), figures_of(build, root_of(build))
    assert len(known) >= 8
    for metric, (text, unit) in known.items():
        assert shown[metric].replace(",", "") == text + ("%" if unit == "%" else ""), metric


def test_what_needs_a_leader_is_what_the_mart_has_most_of(opened: Any, build: PublishedBuild) -> None:
    in_language(opened, "en")
    lines = opened.locator("main.in-en ol.needs > li").all_inner_texts()
    assert 1 <= len(lines) <= 5
    most = build.rows(
        "select kind.name_en, cast(max(value) as bigint) from marts.v_metric_display "
        "join marts.ref_event_kind kind on kind.event_kind = slice_code join marts.dim_grid grid using (grid_code) "
        "where metric_id = 'M44' and slice_kind = 'event_kind' and basis = 'as_was' and period_kind = 'day' and value > 0 "
        "and grid.is_current and parent_code = ? and grid_code <> ? group by all order by 2 desc limit 3",
        [root_of(build)] * 2,
    )
    assert most
    for kind, n in most:
        assert any(f"{kind}: {n:,} past their deadline".lower() in line.lower() for line in lines), (kind, n, lines)


def test_without_boards_nothing_is_a_link(tiny_home: Path) -> None:
    page = front_page(tiny_home)
    assert " href=" not in page
    assert "<script" not in page
    assert "http" not in page
