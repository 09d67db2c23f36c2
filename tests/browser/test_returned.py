"""A clerk in a browser: she takes her rows along, mends them, brings them back and is told of each at once."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipelines import ingest
from pipelines.core import decisions
from pipelines.core.installation import open_installation
from pipelines.core.settings import Home
from pipelines.core.state import Ledger
from pipelines.core.warehouse import writer_lock
from pipelines.reports import worklist_xlsx
from tests.browser.conftest import Reader, serving, window_on
from tests.browser.judged import foreign_words
from tests.integration.returned_rows import export_of
from tests.integration.small_exports import NOW

pytestmark = pytest.mark.browser

BY, REPORTED = "张经办", "上报时间"


@pytest.fixture(scope="module")
def home(tiny_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of its own with the tiny city's rows, and two more of urban management: before the city's first day, and of no day."""
    place, source = tmp_path_factory.mktemp("clerk") / "home", tmp_path_factory.mktemp("sent")
    for folder in ("vault", "landing", "published", "keys"):
        shutil.copytree(tiny_home / folder, place / folder, copy_function=os.link)
    shutil.copytree(tiny_home / "state", place / "state")
    (source / "urban").mkdir()
    sent = export_of(("N1", "1999-01-01 07:00:00"), ("N2", "昨天"), updated="2026-06-29 08:00:00")
    (source / "urban" / "urban_case_20260629_235959.csv").write_bytes(sent.decode().encode("gb18030"))
    opened = open_installation(home=place, source_root=source)
    opened_feed = opened.city.feed("urban_case")
    assert [one.quarantined_n for one in ingest.ingest_feed(opened_feed, opened, now=NOW)] == [2]
    opened.ledger.close()
    return place


@pytest.fixture(scope="module")
def port(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serving(home, tmp_path_factory.mktemp("log") / "log.txt") as number:
        yield number


@pytest.fixture
def clerk(browser: Any, port: int) -> Iterator[Reader]:
    with window_on(browser, port) as window:
        yield window


def waiting(home: Path) -> dict[str, tuple[str, str]]:
    """Ticket to status and rules, of urban management."""
    ledger = Ledger.of(Home(home))
    try:
        rows = ledger.rows("select ticket, status, rule_ids from quarantine where feed = 'urban_case'")
    finally:
        ledger.close()
    return {row["ticket"]: (row["status"], row["rule_ids"]) for row in rows}


def said(clerk: Reader, text: str) -> str:
    clerk.page.locator(".told", has_text=text).wait_for(timeout=60_000)
    clerk.settled()
    return str(clerk.page.locator(".told").inner_text())


def send(clerk: Reader, path: Path, by: str = BY) -> None:
    form = clerk.page.locator("form[data-act=workbook]")
    form.locator("input[name=by]").fill(by)
    form.locator("input[name=file]").set_input_files(path)
    form.locator("button").click()


def mend(path: Path, values: dict[str, str]) -> None:
    """Write times of report (by ticket) into a workbook, as a clerk would."""
    book = openpyxl.load_workbook(path)
    sheet = book[worklist_xlsx.ROWS]
    column = [cell.value for cell in sheet[1]].index(REPORTED) + 1
    for row in range(2, sheet.max_row + 1):
        if sheet.cell(row, 1).value in values:
            sheet.cell(row, column).value = values[sheet.cell(row, 1).value]
    book.save(path)


def test_rows_go_out_and_come_back(clerk: Reader, home: Path, tmp_path: Path) -> None:
    page = clerk.open("returned", lang="zh", feed="urban_case")
    before = {ticket: rules for ticket, (status, rules) in waiting(home).items() if status == "open"}
    with page.expect_download() as download:
        page.locator("[data-testid=stDownloadButton] button").click()
    book = tmp_path / "taken.xlsx"
    download.value.save_as(book)
    sheet = openpyxl.load_workbook(book)[worklist_xlsx.ROWS]
    assert {sheet.cell(row, 1).value for row in range(2, sheet.max_row + 1)} == set(before)
    fill_in = sorted(ticket for ticket, rules in before.items() if rules.startswith("reported_at-required"))
    mend(book, {fill_in[0]: "2025-05-10 07:30:00", fill_in[1]: "前天"})

    with writer_lock(home / "warehouse" / "build.duckdb"):
        send(clerk, book)
        assert "另一个进程正在写入" in said(clerk, "另一个进程")
    assert {t for t, (status, _) in waiting(home).items() if status == "open"} == set(before)

    send(clerk, book, by="")
    said(clerk, "请填写经办人姓名")
    send(clerk, book)
    text = said(clerk, "接收1行")
    assert re.search(rf"{fill_in[0]}\s+✓ 已接收", text)
    assert re.search(rf"{fill_in[1]}\s+✗ 未通过\s+「上报时间」", text)
    assert f"另有{len(before) - 2}行未作修改" in text
    assert waiting(home)[fill_in[0]][0] == "mended"
    assert waiting(home)[fill_in[1]][0] == "open"
    rows = page.locator("tr", has=page.locator("code", has_text=fill_in[1])).last
    assert rows.locator("td").nth(5).inner_text() == "1"  # it bounced once
    assert not {line: words for line in clerk.own_words().splitlines() if (words := foreign_words(line, "zh"))}

    made = [one for one in decisions.every(Home(home)) if one["kind"] == "mend"]
    assert [one["decided_by"] for one in made] == [BY]
    assert [path.name for path in (home / "vault" / "uploads" / "urban_case").glob("*.xlsx")]


def test_a_row_is_right(clerk: Reader, home: Path) -> None:
    (ticket,) = (t for t, (status, rules) in waiting(home).items() if status == "open" and rules == "reported_at-window")
    page = clerk.open("returned", lang="en", feed="urban_case", rule="reported_at-window")
    assert page.locator("code", has_text=ticket).count() == 1
    page.locator(f"a[href*='ticket={ticket}']").click()
    form = page.locator("form[data-act=right]")
    form.locator("input[name=by]").fill(BY)
    form.locator("button").click()
    said(clerk, "your name and the reason")
    form.locator("input[name=by]").fill(BY)
    form.locator("textarea").fill("seen on paper")
    form.locator("button").click()
    assert ticket in said(clerk, "was taken as it is")
    assert waiting(home)[ticket][0] == "accepted"
    (made,) = (one for one in decisions.every(Home(home)) if one["kind"] == "accept_as_is")
    assert (made["decided_by"], made["reason"]) == (BY, "seen on paper")
    assert json.loads(made["content"])["ticket"] == ticket


def test_a_workbook_that_is_none_is_said(clerk: Reader, tmp_path: Path) -> None:
    clerk.open("returned", lang="zh")
    (tmp_path / "x.xlsx").write_text("no workbook", encoding="utf-8")
    send(clerk, tmp_path / "x.xlsx")
    assert "不是 XLSX 文件" in said(clerk, "XLSX")


def test_data_quality_leads_to_the_rows(clerk: Reader) -> None:
    page = clerk.open("data_quality", lang="zh")
    page.locator("a[href*='feed=urban_case'][href*='rule=reported_at-required']").first.click()
    page.wait_for_url(re.compile(r"/returned\?.*feed=urban_case"))
    clerk.settled()
    text = clerk.text().replace("\n", "")  # what is the bureau's stands in an element of its own
    assert "只显示未通过某一条规则的行" in text
    assert "「上报时间」不能为空" in text
    assert "「任务号」不能为空" not in text


@pytest.fixture
def as_reader(home: Path, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Give the home a city whose boards are for another reader; the demo's own afterwards."""
    ledger = Ledger.of(Home(home))
    own = ledger.recall("folder")
    assert own is not None

    def become(boards: str) -> None:
        shutil.rmtree(tmp_path / "city", ignore_errors=True)
        shutil.copytree(own, tmp_path / "city")
        with (tmp_path / "city" / "city.yml").open("a", encoding="utf-8") as stream:
            stream.write(f"boards: {boards}\n")
        ledger.remember("folder", str(tmp_path / "city"))

    yield become
    ledger.remember("folder", own)
    ledger.close()


def test_each_reader_has_their_pages_and_rows(clerk: Reader, as_reader: Callable[[str], None]) -> None:
    as_reader("{role: clerk, scope: {feeds: [petition]}}")
    page = clerk.open("overview", lang="zh")  # the first address: her first page
    assert [link.inner_text() for link in page.locator("nav a").all()] == ["我的退回行", "数据质量"]
    assert "哪些行退回给我" in clerk.text()
    assert page.locator("code", has_text="petition-").count() == 1
    assert "城管案件" not in clerk.text()
    page = clerk.open("returned", lang="zh", feed="urban_case")  # a link of somebody else
    assert page.locator("code", has_text="urban_case-").count() == 0
    clerk.open("risk", lang="zh")
    assert "您的角色没有这一页" in clerk.text()

    as_reader("{role: clerk, scope: {areas: ['990102']}}")
    clerk.open("returned", lang="en")
    assert "No feed lies within your scope" in clerk.text()

    as_reader("{role: leader}")
    clerk.open("returned", lang="zh")
    assert "您的角色没有这一页" in clerk.text()

    as_reader("{role: engineer, scope: {feeds: [petitions]}}")
    clerk.page.goto(f"http://127.0.0.1:{clerk.port}/returned?lang=zh")
    clerk.page.locator(".notice", has_text="城市配置中的看板选项有误").wait_for(timeout=60_000)


def test_no_head_breaks_inside_a_short_word(clerk: Reader) -> None:
    """On a phone tables scroll; a head of up to six Chinese characters stands on one line."""
    clerk.page.set_viewport_size({"width": 390, "height": 844})
    for board in ("data_quality", "returned"):
        page = clerk.open(board, lang="zh")
        heads = [(head.inner_text(), head.bounding_box()["height"]) for head in page.locator("th").all()]
        assert heads
        assert not [(text, height) for text, height in heads if len(text) <= 6 and height > 40]
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
