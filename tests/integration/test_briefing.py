"""The briefing: every number that is printed with an id is that figure of the mart; asks are followed up; a scope holds."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import docx
import pypdfium2
import pytest

from dashboards.briefing import asks, memo
from dashboards.briefing.span import Span, span_of
from dashboards.kit.access import Reader
from dashboards.kit.areas import place_of
from dashboards.kit.city import BoardCity, read_city
from pipelines.core.errors import ConfigurationError, UsageError
from pipelines.core.warehouse import PublishedBuild, open_published
from pipelines.reports.fonts import find_font

#: A figure's id as printed, in its parts.
ID = re.compile(r"(?P<metric>\w+)(~(?P<kind>\w+)=(?P<code>[\w.]+))?/(?P<area>\w+)/(?P<period>[\w\-]+)/as_was@(?P<build>\w+)")


@pytest.fixture(scope="module")
def build(tiny_home: Path) -> Iterator[PublishedBuild]:
    found = open_published(tiny_home)
    yield found
    found.close()


@pytest.fixture(scope="module")
def written(tiny_home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The weekly and the monthly briefing, by file name."""
    try:
        find_font()
    except ConfigurationError as error:
        pytest.skip(f"{error}")
    folder = tmp_path_factory.mktemp("briefing")
    paths = memo.write_briefing(tiny_home, folder) + memo.write_briefing(tiny_home, folder, month="2026-06", languages=("en",))
    return {path.name: path for path in paths}


def the(written: dict[str, Path], ending: str) -> Path:
    (found,) = [path for name, path in written.items() if name.endswith(ending)]
    return found


def pages_of(path: Path) -> list[str]:
    return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in pypdfium2.PdfDocument(path.read_bytes())]


def days_of(period: str) -> tuple[str, dt.date, dt.date]:
    """Kind, first and last day of a period as printed, worked out without our own reader of it."""
    if found := re.fullmatch(r"(\d{4})-W(\d\d)", period):
        first = dt.date.fromisocalendar(int(found[1]), int(found[2]), 1)
        return "week", first, first + dt.timedelta(days=6)
    if re.fullmatch(r"\d{4}-\d\d", period):
        first = dt.date.fromisoformat(f"{period}-01")
        return "month", first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    word, _, day = period.partition("-") if period[0].isalpha() else ("day", "", period)
    last = dt.date.fromisoformat(day)
    return {"ytd": "year_to_date", "day": "day", "cumulative": "cumulative"}[word], last, last


Mart = dict[tuple[str, ...], tuple[str, str]]


def key_of(found: re.Match[str]) -> tuple[str, ...]:
    kind, first, last = days_of(found["period"])
    first_day = first if kind == "week" else None
    return tuple(
        map(str, (found["metric"], found["kind"] or "all", found["code"] or "all", found["area"], kind, first_day, last))
    )


@pytest.fixture(scope="module")
def mart(build: PublishedBuild) -> Mart:
    """The mart's numbers as text with their decimals, and their units in English; empty where they are hidden."""
    rows = build.rows(
        "select metric_id, slice_kind, slice_code, grid_code, period_kind, if(period_kind = 'week', period_start, null), "
        "period_end, if(is_suppressed, null, value), decimals, unit_en from marts.v_metric_display "
        "where basis = 'as_was' and slice_kind in ('all', 'event_kind') and period_end >= date '2025-06-01' and "
        "(grid_level <= 0 or period_end >= date '2026-06-01') and period_kind in ('week', 'month', 'day', 'year_to_date', 'cumulative')"
    )
    return {
        tuple(map(str, row[:7])): ("" if row[7] is None else f"{Decimal(row[7]):,.{row[8]}f}", row[9]) for row in rows
    }  # fmt: skip


def rows_with_ids(text: str) -> Iterator[tuple[str, list[re.Match[str]]]]:
    """Each run of ids with the text between it and the run before."""
    said, ids = "", []
    for line in text.split("\n"):
        found = list(ID.finditer(line))
        if found:
            ids += found
            continue
        if ids:
            yield said, ids
            said, ids = "", []
        said += line + "\n"
    if ids:
        yield said, ids


@pytest.mark.parametrize("ending", ["2026-W26-990100.zh.pdf", "2026-W26-990100.en.pdf", "2026-06-990100.en.pdf"])
def test_every_printed_figure_is_the_marts(written: dict[str, Path], build: PublishedBuild, mart: Mart, ending: str) -> None:
    checked = 0
    for said, ids in rows_with_ids("\n".join(pages_of(the(written, ending)))):
        for found in ids:
            assert found["build"] == build.build_id
            value, _ = mart[key_of(found)]
            if value:
                assert re.search(rf"(?<![\d.,]){re.escape(value)}(?![\d,]|\.\d)", said), (found[0], value, said)
                checked += 1
    assert checked > 60


def test_the_word_document_says_the_same(written: dict[str, Path], mart: Mart) -> None:
    document = docx.Document(io.BytesIO(the(written, ".en.docx").read_bytes()))
    checked = 0
    for table in document.tables:
        for row in table.rows[1:]:
            cells = [cell.text for cell in row.cells]
            for found in ID.finditer(cells[0]):
                value, unit = mart[key_of(found)]
                shown = f"{value}%" if unit == "%" else f"{value} {unit}"
                if value and len(cells) > 4 and not cells[0][0].isdigit():
                    assert shown in cells, (found[0], cells)
                    checked += 1
    assert checked > 60


def test_the_follow_up_is_one_page(written: dict[str, Path]) -> None:
    pages = pages_of(the(written, "2026-W26-990100.en.pdf"))
    (at,) = [number for number, page in enumerate(pages) if "5. Follow-up" in page]
    assert "Annex: all figures" in pages[at + 1]
    assert "Asks of this briefing" in pages[at]


def test_chinese_pages_have_no_english_word(written: dict[str, Path]) -> None:
    text = ID.sub("", "\n".join(pages_of(the(written, ".zh.pdf"))))
    text = re.sub(r"\d{8}_\w{10}", "", text)
    assert "请求事项" in text
    assert not re.findall(r"[A-Za-z]{3,}", text)


@pytest.fixture
def week(tiny_home: Path) -> tuple[memo.Board, Span]:
    board = memo.board_of(tiny_home, "en")
    return board, span_of("", "", board.source.as_of)


def test_last_weeks_asks_are_followed_up(week: tuple[memo.Board, Span], build: PublishedBuild, tmp_path: Path) -> None:
    board, span = week
    place = place_of(board)
    kinds = build.rows(
        "select slice_code, value from marts.v_metric_display where metric_id = 'M44' and slice_kind = 'event_kind' "
        "and grid_code = ? and basis = 'as_was' and period_kind = 'day' and value > 0 order by 2 desc, 1 limit 1", [place.code],
    )  # fmt: skip
    kind, n = kinds[0]
    old = asks.Asked(1, "old ask", "here", "office", "2026-06-30", "overdue", place.code, kind, "", "")
    gone = dataclasses.replace(old, number=2, kind="grid_event")
    unknown = dataclasses.replace(old, number=3, reason="outside", metric="M16", area="UNASSIGNED")
    failed = dataclasses.replace(old, number=4, reason="blocked")
    asks.keep(tmp_path, span.before, place.code, {"en": [old, gone, unknown, failed]})
    report = memo.memo(board, span, tmp_path)
    (section,) = [section for section in report.sections if section.heading.endswith("Follow-up")]
    before = section.tables[0]
    assert [row[-1].text for row in before.rows] == [
        f"{n:,.0f} cases past their deadline now", "none past their deadline now", "not judged: No such cases in this period", "published again",
    ]  # fmt: skip
    assert before.rows[0][-1].figure.startswith(f"M44~event_kind={kind}/{place.code}/2026-06-30/")


def test_a_kept_list_that_is_none_of_ours_is_as_none(week: tuple[memo.Board, Span], tmp_path: Path) -> None:
    board, span = week
    (tmp_path / f"asks-{span.before}-990100.json").write_text(json.dumps({"en": [{"odd": 1}]}), encoding="utf-8")
    assert asks.kept(tmp_path, span.before, "990100", "en") is None
    said = memo.memo(board, span, tmp_path).sections[4].sentences
    assert any("No asks of week 25" in sentence for sentence in said)


def test_a_bounded_reader_gets_a_briefing_of_their_own_area(
    tiny_home: Path, build: PublishedBuild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    district, other = (row[0] for row in build.rows(
        "select grid_code from marts.dim_grid where grid_level = 1 and is_current and grid_code <> 'UNASSIGNED' order by 1 limit 2"
    ))  # fmt: skip
    full = read_city(tiny_home)
    bounded: BoardCity = dataclasses.replace(full, reader=Reader("leader", areas=(district,)))
    monkeypatch.setattr(memo, "read_city", lambda home: bounded)
    board = memo.board_of(tiny_home, "en")
    report = memo.memo(board, span_of("", "", board.source.as_of), tmp_path)
    inside = {row[0] for row in build.rows(
        "select grid_code from marts.dim_grid where grid_code = ? or ? in (path_0, path_1, path_2, path_3, path_4, path_5)",
        [district, district],
    )}  # fmt: skip
    areas = {found["area"] for cell in report.figures() if (found := ID.fullmatch(cell.figure))}
    areas |= {found["area"] for section in report.sections for ask in section.asks if (found := ID.fullmatch(ask.figure))}
    assert district in areas <= inside
    with pytest.raises(UsageError):
        memo.board_of(tiny_home, "en", area=other)


def test_no_font_says_so_before_anything_is_written(tiny_home: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        memo.write_briefing(tiny_home, tmp_path / "out", font=tmp_path / "none.ttf")
    assert not (tmp_path / "out").exists()
