"""The boards of domains in a browser: each opens whole in one language, shows the numbers of the mart, and leads from a
figure to a part of it and to that part's cases."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pipelines.core.warehouse import PublishedBuild, open_published
from tests.browser.accessible import PHONE_BOARDS, grave_findings, on_a_phone
from tests.browser.conftest import FIELDS, Reader, in_turn
from tests.browser.judged import charts_of, faults_of
from tests.browser.numbers import compare
from tests.browser.test_boards import root_of

pytestmark = pytest.mark.browser

TITLES = {
    ("petitions", "zh"): "答复了吗、解决了吗？", ("petitions", "en"): "answered, and is it solved?",
    ("urban", "zh"): "结了吗、按期吗？", ("urban", "en"): "closed when due, and in time?",
    ("courts", "zh"): "在法定期限内审结吗？", ("courts", "en"): "end within their legal limits?",
    ("public_safety", "zh"): "的警情到场快吗", ("public_safety", "en"): "How soon do the police arrive",
    ("hazards", "zh"): "的隐患按期整改了吗？", ("hazards", "en"): "cleared by their deadline?",
    ("disputes", "zh"): "的纠纷从哪里来", ("disputes", "en"): "and are they settled?",
}  # fmt: skip


@pytest.fixture(scope="module")
def build(tiny_home: Path) -> Any:
    """The published build, read without the boards."""
    found = open_published(tiny_home)
    yield found
    found.close()


@pytest.mark.parametrize(("board", "language"), in_turn(FIELDS))
def test_a_board_opens_whole_with_the_numbers_of_the_mart(reader: Reader, tiny_home: Path, board: str, language: str) -> None:
    page = reader.open(board, lang=language)
    assert not grave_findings(page)
    if board in PHONE_BOARDS:
        assert not on_a_phone(reader)
    assert TITLES[board, language] in reader.text()
    assert not faults_of(reader, language)
    assert charts_of(page)
    cards = page.locator("a.card")
    assert cards.count() > 5
    # Which figure, of which period: so that each is held against its own row and its own reason for having no value.
    assert cards.count() == page.locator("a.card .value[data-figure]").count()
    compare(page, tiny_home, board, language)


def test_a_figure_leads_to_a_part_of_it_and_its_cases(reader: Reader, build: PublishedBuild) -> None:
    page = reader.open("petitions", lang="en", figure="M05", cut="channel")
    page.locator("table a[href*='cut=channel.visit']").first.click()
    page.wait_for_url(re.compile(r"cut=channel\.visit"))
    page.get_by_role("heading", name=re.compile("· ")).first.wait_for()
    reader.settled()
    told = re.search(r"Petition matters registered · [^,]+, [^:]+: ([\d,]+) cases\.", reader.text())
    num = build.rows(
        "select num from marts.v_metric_display where metric_id = 'M05' and grid_code = ? and slice_kind = 'channel' and "
        "slice_code = 'visit' and period_kind = 'year_to_date' and basis = 'as_was' and "
        "period_end = (select cast(as_of as date) from marts.build_info)",
        [root_of(build)],
    )[0][0]
    assert told
    assert int(told[1].replace(",", "")) == num
