"""What a click on a download gives has the page's numbers; and, in the long proof, each board for a reader of one district.

What a reader of the whole city sees is compared on the walks of test_boards and test_fields, which open each board anyway; what
one of a district does in `make test` by tests/integration/test_board_numbers.py, without a browser.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.kit.menu import BOARDS
from pipelines.core.settings import Home
from pipelines.core.state import Ledger
from tests.browser.conftest import Reader, serving, window_on
from tests.browser.numbers import Published, areas_of, published, shown_on, wrong
from tests.browser.taken import drawn, misprinted, plain_data, printed, workbook

pytestmark = pytest.mark.browser

#: The boards' addresses; of some one that shows more than what it opens with.
VIEWS = {
    **{board: {} for board in BOARDS if board != "returned"},
    "can_be_true": {"value": "75.8"},
    "areas": {"basis": "restated"},
}
#: What shows no figure of an area: one build has no change; health is the whole city's, which is out of scope.
WITHOUT = {"why_changed", "data_quality", "risk"}


@pytest.fixture(scope="module")
def build(tiny_home: Path) -> Iterator[Published]:
    with published(tiny_home) as found:
        yield found


@pytest.fixture(scope="module")
def port(tiny_home: Path, build: Published, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The tiny city's boards for a reader of its first district, as its city.yml would bound them."""
    place = tmp_path_factory.mktemp("district")
    home, city = place / "home", place / "city"
    shutil.copytree(tiny_home / "published", home / "published", copy_function=os.link)
    shutil.copytree(tiny_home / "state", home / "state")
    ledger = Ledger.of(Home(home))
    folder = ledger.home_city_folder()
    assert folder is not None
    shutil.copytree(folder, city)
    entry = yaml.safe_load((city / "city.yml").read_text(encoding="utf-8"))
    entry["boards"] = {"role": "leader", "scope": {"areas": [build.district()]}}
    (city / "city.yml").write_text(yaml.safe_dump(entry, allow_unicode=True), encoding="utf-8")
    ledger.remember("folder", str(city))
    ledger.close()
    with serving(home, place / "log.txt") as number:
        yield number


@pytest.fixture
def bounded(browser: Any, port: int) -> Iterator[Reader]:
    with window_on(browser, port) as window:
        yield window


@pytest.mark.proof
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("board", VIEWS)
def test_a_board_shows_the_numbers_of_the_district_and_of_no_other(
    bounded: Reader, build: Published, board: str, language: str
) -> None:
    page = bounded.open(board, lang=language, **VIEWS[board])
    found = shown_on(page)
    assert not wrong(found, build, "zh" if language == "zh" else "en")
    assert areas_of(found) <= build.within(build.district())
    assert found or board in WITHOUT
    assert page.locator(".footer").count() == 1


def test_what_is_taken_along_has_the_numbers_of_the_page(reader: Reader, build: Published, tmp_path: Path) -> None:
    page, mark = reader.open("overview", lang="en", figure="M16"), " · figure id"
    changes = {metric for metric, family in build.families().items() if family == "change"}
    on_page = {one.figure for one in shown_on(page) if one.what == "figure" and one.figure.split("/")[0] not in changes}
    taken = {}
    for kind in ("xlsx", "zip", "pdf"):
        with page.expect_download(timeout=120_000) as download:
            page.locator(f".st-key-download_{kind} button").click()
        download.value.save_as(tmp_path / kind)
        taken[kind] = (tmp_path / kind).read_bytes()
    for found, formulas in (workbook(taken["xlsx"], mark), plain_data(taken["zip"], mark)):
        assert {one.figure for one in found} == on_page
        assert not wrong(found, build, "en")
        assert not formulas
    rows = printed(taken["pdf"])
    assert {figure for _, figures in rows for figure in figures} == on_page
    assert any(row["value"] is None for row in build.figures(on_page).values())
    assert not misprinted(rows, build, "en")
    assert drawn(taken["pdf"]) > len(rows), "rules below rows, and charts"
