"""The full matrix (`make prove-boards`): every board in both languages, every option of each of its boxes, every kind of link.

One window walks them all as a reader does, by boxes and links, without loading the page anew (`walker`); requests to other
machines are aborted and fail it. Each page is judged by `judged.faults_of`: no error, one language, every chart drawn or a
sentence in its place. Of a board and a language are walked

- its first page, and in Chinese every option of every box, chosen in the box, which tells the values;
- the same values in English by their addresses, several boxes at once (row i has the i-th value of each);
- rows in which every pair of representative values (first, middle, last) of two boxes stands;
- an area of every level, and the cases without a place;
- from a board's first page the first link of every kind (what it changes: a figure, its part, a case, a page of a list, a row),
  and on from there: figure, cases, record; and a click on the map.

On the tiny city of the session these are about 2,800 pages; each test prints how many it walked and how long a page took.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dashboards.kit.filters import View
from pipelines.core.warehouse import open_published
from tests.browser.conftest import PATHS, WAIT_MS, window_on
from tests.browser.judged import faults_of
from tests.browser.walker import Walker

pytestmark = [pytest.mark.browser, pytest.mark.proof]

LANGUAGES = ("zh", "en")
#: What a link may change without being another kind of link.
KEPT = {"language"}
#: How deep links are followed from a board's first page: figure, part, cases, record, page.
DEEPEST = 4


class Kind(NamedTuple):
    """A kind of link: the board it leads to and the parts of the view that it sets."""

    board: str
    parts: frozenset[str]


@pytest.fixture(scope="module")
def walker(browser: Any, boards_port: int) -> Iterator[Walker]:
    """One window for the whole matrix."""
    with window_on(browser, boards_port) as window:
        yield Walker(window)


@pytest.fixture(scope="module")
def areas(tiny_home: Path) -> list[str]:
    """The first area of each level, and the cases without a place."""
    build = open_published(tiny_home)
    rows = build.rows("select min(grid_code) from marts.dim_grid where is_current group by grid_level order by grid_level")
    build.close()
    return [code for (code,) in rows]


def judge(walker: Walker, language: str) -> None:
    """Note what is wrong with the page that stands open; the walk goes on, and the test fails at its end."""
    walker.reader.settled()
    if found := faults_of(walker.reader, language):
        walker.faults.append((walker.reader.page.url, found[:5]))
        print(f"\n{walker.faults[-1]}", flush=True)


def boxes_of(walker: Walker, board: str) -> dict[str, list[Any]]:
    """Choose every option of every box and judge the page; the values that the address then had."""
    base, found = walker.view, dict[str, list[Any]]()
    for part in dict.fromkeys(walker.boxes()):
        values = dict.fromkeys([getattr(base, part)])
        for text in walker.options(part):
            if walker.choose(part, text):
                judge(walker, "zh")
                values |= {getattr(walker.view, part): None}
            if part == "area":  # the box now offers what lies within: back to where it was read
                walker.go(board, base)
        walker.go(board, base)
        found[part] = list(values)
    return found


def rows_of(values: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """As many rows as the longest list is long: row i has the i-th value of each list."""
    longest = max((len(some) for some in values.values()), default=0)
    return [{part: some[i % len(some)] for part, some in values.items()} for i in range(longest)]


def pairs_of(values: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Rows in which every pair of representative values of two parts stands once at least; the fullest row first."""
    some = {part: list(dict.fromkeys([one[0], one[len(one) // 2], one[-1]])) for part, one in values.items()}
    rows = [dict(zip(some, row, strict=True)) for row in itertools.product(*some.values())]
    missing, found = {pair for row in rows for pair in itertools.combinations(row.items(), 2)}, []
    while missing:
        found.append(max(rows, key=lambda row: sum(pair in missing for pair in itertools.combinations(row.items(), 2))))
        missing -= set(itertools.combinations(found[-1].items(), 2))
    return found


def test_every_pair_of_representative_values_is_walked() -> None:
    values = {"a": [1, 2, 3, 4, 5], "b": ["x", "y"], "c": [0, 7]}
    rows = pairs_of(values)
    assert {(row["a"], row["b"]) for row in rows} == set(itertools.product((1, 3, 5), "xy"))
    assert {(row["a"], row["c"]) for row in rows} == set(itertools.product((1, 3, 5), (0, 7)))
    assert {(row["b"], row["c"]) for row in rows} == set(itertools.product("xy", (0, 7)))
    assert len(rows) < 3 * 2 * 2
    assert {row["a"] for row in rows_of(values)} == {1, 2, 3, 4, 5}


def changed(view: View, base: View) -> frozenset[str]:
    """The parts in which two views differ."""
    return frozenset(one.name for one in fields(View) if getattr(view, one.name) != getattr(base, one.name)) - KEPT


@pytest.mark.parametrize("board", PATHS)
def test_every_filter_of_a_board(walker: Walker, areas: list[str], board: str) -> None:
    began, base = (walker.walked, walker.seconds), View(language="zh")
    walker.go(board, base)
    judge(walker, "zh")
    known = boxes_of(walker, board)  # the Chinese walk finds the values that the English one goes through too
    for language in LANGUAGES:
        base = View(language=language)  # type: ignore[arg-type]
        rows = pairs_of(known) + (rows_of(known) if language == "en" else [])
        rows += [{"area": area} for area in areas if "area" in known]
        for view in dict.fromkeys([base, *(base.but(**row) for row in rows)]):
            walker.go(board, view)
            judge(walker, language)
    tell(walker, began, f"{board}, filters")


@pytest.mark.parametrize("board", PATHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_link_of_a_board(walker: Walker, board: str, language: str) -> None:
    began, base = (walker.walked, walker.seconds), View(language=language)  # type: ignore[arg-type]
    seen, waiting = set[Kind](), [(board, base, 0)]
    while waiting:
        at, view, depth = waiting.pop(0)
        walker.go(at, view)
        judge(walker, language)
        if at != board or depth == DEEPEST:
            continue
        for where, led in walker.links():
            kind = Kind(where, changed(led, base))
            if kind not in seen and led.language == language:
                seen.add(kind)
                waiting.append((where, led, depth + 1))
    assert any(kind.board == board for kind in seen)
    tell(walker, began, f"{board} in {language}, {len(seen)} kinds of links")


@pytest.mark.parametrize("board", PATHS)
def test_a_reload_of_the_address_gives_the_same_page(walker: Walker, areas: list[str], board: str) -> None:
    base = View(language="zh")
    walker.go(board, base)
    boxes = walker.boxes()[:1]
    if not any(walker.choose(part, text) for part in boxes for text in reversed(walker.options(part))):
        own = [led for where, led in walker.links() if where == board and led.language == "zh" and led != base]
        walker.go(board, own[0] if own else base.but(area=areas[0]))
    address, before = walker.reader.page.url, walker.reader.own_words()
    walker.reader.page.reload(timeout=WAIT_MS)
    walker.reader.settled()
    assert walker.reader.page.url == address
    assert walker.reader.own_words() == before


@pytest.mark.parametrize("board", ["overview", "areas"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_click_on_the_map_goes_into_the_area(walker: Walker, board: str, language: str) -> None:
    began = (walker.walked, walker.seconds)
    walker.go(board, View(language=language, figure="M16"))  # type: ignore[arg-type]
    walker.reader.click_on_map()
    walker.reader.page.wait_for_function("() => /[?&]area=/.test(location.search)", timeout=WAIT_MS)
    judge(walker, language)
    assert walker.view.area
    tell(walker, began, f"{board} in {language}, map")


def tell(walker: Walker, began: tuple[int, float], what: str) -> None:
    """How many pages a test walked and how long they took; it fails if something was wrong with one."""
    pages, seconds = walker.walked - began[0], walker.seconds - began[1]
    print(f"\n{what}: {pages} pages, {seconds / max(pages, 1):.2f} s each; {walker.walked} pages so far", flush=True)
    found, walker.faults = walker.faults, []
    assert not found, found
