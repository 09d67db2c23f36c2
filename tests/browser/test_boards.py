"""The boards in a browser: each opens in both languages, asks nobody else, shows no error, says why where it is empty, and
shows the numbers of the mart."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dashboards.kit.words import Words
from pipelines.core.warehouse import PublishedBuild, open_published
from tests.browser.accessible import PHONE_BOARDS, grave_findings, on_a_phone
from tests.browser.conftest import FIELDS, PATHS, Reader, in_turn, window_on
from tests.browser.judged import charts_of, faults_of
from tests.browser.numbers import compare

pytestmark = pytest.mark.browser

#: Boards of lists alone; and one of a chart between two builds, of which the tiny city has one.
WITHOUT_CHARTS = {"returned", "explain", "can_be_true", "why_changed"}
TITLES = {
    ("overview", "zh"): "有什么变化？", ("risk", "zh"): "有什么需要关注？", ("data_quality", "zh"): "今天的数据可信吗？",
    ("overview", "en"): "and what changed?", ("risk", "en"): "What needs attention in",
    ("data_quality", "en"): "Can we trust today's data?", ("returned", "zh"): "哪些行退回给我",
    ("returned", "en"): "Which rows came back to me", ("trends", "zh"): "在变什么，超出偶然了吗？",
    ("trends", "en"): "and is it more than chance?", ("areas", "zh"): "内哪里突出，是不是真突出？",
    ("areas", "en"): "does it stand out, and is it more than chance?", ("departments", "zh"): "的事归谁办，按时了吗？",
    ("departments", "en"): "Who handles what in",
    ("can_be_true", "zh"): "这个数可能是真的吗？", ("can_be_true", "en"): "Can this number be true?",
    ("why_changed", "zh"): "这个数为什么变了？", ("why_changed", "en"): "Why did this number change?",
    ("explain", "zh"): "这个数从哪里来？", ("explain", "en"): "Where does this number come from?",
}  # fmt: skip


@pytest.fixture(scope="module")
def build(tiny_home: Path) -> Any:
    """The published build, read without the boards."""
    found = open_published(tiny_home)
    yield found
    found.close()


def figures_of(build: PublishedBuild, area: str) -> dict[str, tuple[str, str]]:
    """Metric to (value_text, unit) of the year to date, straight from the view; changes stand beside what they are of.

    What has no value is told in words: the page says why.
    """
    rows = build.rows(
        "select metric_id, value_text, unit_en from marts.v_metric_display inner join marts.ref_metric using (metric_id, unit_en) "
        "where family not in ('share', 'change', 'composite') and grid_code = ? and slice_kind = 'all' and "
        "basis = 'as_was' and period_kind = 'year_to_date' and period_end = (select cast(as_of as date) from marts.build_info) "
        "and reason is null",
        [area],
    )
    return {metric: (text, unit) for metric, text, unit in rows}


def root_of(build: PublishedBuild) -> str:
    return str(build.rows("select root_code from marts.build_info")[0][0])


def shown_figures(page: Any) -> dict[str, str]:
    """Metric to the value on its card."""
    cards = page.locator("a.card")
    found = {}
    for i in range(cards.count()):
        card = cards.nth(i)
        metric = re.search(r"figure=([A-Z]\d+\w?)", card.get_attribute("href"))
        assert metric
        value = card.locator(".value")
        unit = value.locator(".unit")
        text = value.inner_text()
        found[metric[1]] = text.removesuffix(unit.inner_text()).strip() if unit.count() else text
    return found


@pytest.mark.parametrize(("board", "language"), in_turn(sorted(set(PATHS) - set(FIELDS))))
def test_a_board_opens_whole_and_speaks_one_language(reader: Reader, tiny_home: Path, board: str, language: str) -> None:
    page = reader.open(board, lang=language)
    assert not grave_findings(page)
    if board in PHONE_BOARDS:
        assert not on_a_phone(reader)
    assert TITLES[board, language] in reader.text()
    assert not faults_of(reader, language)
    assert charts_of(page) or board in WITHOUT_CHARTS
    compare(page, tiny_home, board, language)


def test_the_overview_shows_the_numbers_of_the_mart(reader: Reader, build: PublishedBuild) -> None:
    page = reader.open("overview", lang="en")
    shown, known = shown_figures(page), figures_of(build, root_of(build))
    assert len(known) >= 8
    for metric, (text, unit) in known.items():
        assert shown[metric].replace(",", "") == text + ("%" if unit == "%" else ""), metric
    whence = page.locator(".whole:has(a.card[href*='figure=M10&']) .whence, .whole:has(a.card[href$='figure=M10']) .whence")
    assert re.search(rf"explain.*id=M10[^&]*{build.build_id}", whence.get_attribute("href"))


def test_an_area_shows_its_own_numbers(reader: Reader, build: PublishedBuild) -> None:
    (area,) = build.rows("select min(grid_code) from marts.dim_grid where grid_level = 1 and grid_code <> 'UNASSIGNED'")[0]
    shown, known = shown_figures(reader.open("overview", lang="zh", area=area)), figures_of(build, area)
    counts = {metric: text for metric, (text, _) in known.items() if metric.startswith("V")}
    assert counts
    assert {metric: shown[metric].replace(",", "") for metric in counts} == counts


def test_a_link_drills_down_without_a_new_page(reader: Reader, build: PublishedBuild) -> None:
    page = reader.open("overview", lang="zh", figure="V01")
    page.evaluate("window.stillHere = true")
    link = page.locator("table a[href*='area=']").first
    name, href = link.inner_text(), link.get_attribute("href")
    link.click()
    page.wait_for_function(f"() => location.search === {href!r}")
    page.get_by_role("heading", name=re.compile(re.escape(name))).first.wait_for()
    reader.settled()
    assert page.evaluate("window.stillHere") is True
    assert page.locator(".crumbs a").count() == 1


def test_a_board_keeps_area_and_language(reader: Reader, build: PublishedBuild) -> None:
    (area,) = build.rows("select min(grid_code) from marts.dim_grid where grid_level = 1 and grid_code <> 'UNASSIGNED'")[0]
    page = reader.open("overview", lang="en", area=area)
    page.locator("nav a", has_text="Risk").click()
    page.wait_for_url(re.compile(r"/risk\?"))
    reader.settled()
    assert f"area={area}" in page.url
    assert "lang=en" in page.url
    assert "What needs attention in" in reader.text()


def test_a_figure_leads_to_its_cases_and_a_case_to_its_record(reader: Reader, build: PublishedBuild) -> None:
    page = reader.open("overview", lang="en", figure="M16")
    told = re.search(r"([\d,]+) cases in the denominator, ([\d,]+) of them", reader.text())
    assert told
    assert not grave_findings(page)
    num, den = build.rows(
        "select num, den from marts.v_metric_display where metric_id = 'M16' and grid_code = ? and slice_kind = 'all' and "
        "period_kind = 'year_to_date' and period_end = (select cast(as_of as date) from marts.build_info)",
        [root_of(build)],
    )[0]
    assert [int(part.replace(",", "")) for part in told.groups()] == [den, num]
    page.locator("table a[href*='case=']").first.click()
    page.locator(".case").wait_for()
    event = re.search(r"case=(\w+)", page.url)
    assert event
    file_name, record_no = build.rows(
        "select files.file_name, events.source_record_no from marts.fct_event as events join marts.fct_feed_outcome as files "
        "on events.feed = files.feed and events.source_file = files.sha256 where events.event_id = ?",
        [event[1]],
    )[0]
    text = page.locator(".case").inner_text()
    assert file_name in text
    assert re.search(rf"Record in the file\s+{record_no}\b", text)


def test_a_number_opens_under_its_permanent_id(reader: Reader, build: PublishedBuild) -> None:
    page = reader.open("explain", lang="en", id=f"M10/{root_of(build)}/ytd")
    num, den, text = build.rows(
        "select num, den, value_text from marts.v_metric_display where metric_id = 'M10' and grid_code = ? and slice_kind = 'all' "
        "and period_kind = 'year_to_date' and period_end = (select cast(as_of as date) from marts.build_info)",
        [root_of(build)],
    )[0]
    said = reader.text()
    assert f"{text}% ({num:,} of {den:,})" in said
    assert f"Counted again from its cases: {num:,} / {den:,}. That is what was published." in said
    assert re.search(rf"M10/{root_of(build)}/ytd-[\d-]+/as_was@{build.build_id}", said)
    page.locator("table a[href*='case=']").first.click()
    page.locator(".case").wait_for()
    assert "Record in the file" in page.locator(".case").inner_text()


def test_the_id_of_a_build_that_is_gone_says_so_and_offers_the_current_one(reader: Reader, build: PublishedBuild) -> None:
    page = reader.open("explain", lang="en", id=f"M10/{root_of(build)}/ytd-2020-01-31/as_was@20200131_0123456789")
    assert "Build 20200131_0123456789 is no longer kept" in reader.text()
    assert page.locator(f"a[href*='id=M10'][href*='{build.build_id}']").count(), "the same figure of the current build"


@pytest.mark.parametrize("metric", ["V01", "M01", "M02", "M03", "M05", "M08", "M10", "M53"])
def test_the_cases_listed_are_as_many_as_the_figure_counts(build: PublishedBuild, metric: str) -> None:
    from pipelines.trace import case_query

    root = root_of(build)
    kind = "cumulative" if metric == "M08" else "year_to_date"
    num, den, first, last = build.rows(
        "select num, den, period_start, period_end from marts.v_metric_display where metric_id = ? and grid_code = ? and "
        "slice_kind = 'all' and period_kind = ? and period_end = (select cast(as_of as date) from marts.build_info)",
        [metric, root, kind],
    )[0]
    sql = case_query(metric, kind).count_sql
    params = {"area": root, "root": root, "first": first, "last": last}
    cases, counted, unlisted = build.rows(sql, {name: value for name, value in params.items() if f"${name}" in sql})[0]
    per_residents = metric in ("M01", "M02", "M03")
    assert (counted, unlisted) == (num, 0)
    assert cases == (num if per_residents or den is None else den)


def test_an_old_or_wrong_link_is_answered(reader: Reader) -> None:
    """The page of one; what it says to others is asked without a browser (test_app)."""
    page = reader.open("overview", build="no_such_build", lang="fr", area="no-such-area", figure="M99")
    assert page.locator(".error").count() == 0
    assert reader.text().strip()


def test_an_address_of_no_board_says_so_in_the_readers_language(reader: Reader) -> None:
    """Streamlit's own answer is a box in English over the page."""
    reader.page.goto(f"http://127.0.0.1:{reader.port}/no_board_1?lang=zh")
    reader.settled()
    assert Words("zh")("banner.no_board", name="no_board_1") in reader.text()
    assert not faults_of(reader, "zh")
    assert not reader.page.locator("[role=dialog]:visible").count()
    assert ["does not seem to exist" in error for error in reader.errors] == [True], "Streamlit notes it on the console"
    reader.errors.clear()


def test_a_request_to_another_machine_is_aborted_and_fails_the_test(browser: Any, boards_port: int) -> None:
    ask = "() => Promise.allSettled(['http://192.0.2.1/', 'http://example.org/'].map(one => fetch(one, {mode: 'no-cors'})))"
    with pytest.raises(AssertionError, match="asked another machine"), window_on(browser, boards_port) as window:
        answers = window.open("overview", lang="zh").evaluate(f"() => ({ask})().then(all => all.map(one => one.status))")
        assert answers == ["rejected", "rejected"]
        assert window.strayed == ["http://192.0.2.1/", "http://example.org/"]


def test_a_narrow_screen_does_not_scroll_sideways(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 820, "height": 1100})
    page = reader.open("overview", lang="zh")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
