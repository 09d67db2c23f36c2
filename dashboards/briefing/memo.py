"""The memo: the parts of a briefing in the order of reading, as one report per language.

Belongs here: which parts there are, their sentences, writing the files. Does not: figures (figures), asks (asks), the span
(span), layout (pipelines.reports).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from dashboards.boards import overview
from dashboards.briefing import asks, figures
from dashboards.briefing.figures import Line, changed, compared
from dashboards.briefing.span import Span, span_of, told
from dashboards.front.needs import needs_of
from dashboards.kit import data
from dashboards.kit.areas import place_of
from dashboards.kit.chance import whole
from dashboards.kit.city import read_city
from dashboards.kit.filters import View
from dashboards.kit.page import Board
from dashboards.kit.paper import facts_of
from dashboards.kit.periods import period_of
from dashboards.kit.words import LANGUAGES, Language, Words
from pipelines.core.errors import UsageError
from pipelines.reports.fonts import find_font
from pipelines.reports.report import Report, Section, Table
from pipelines.reports.report_docx import as_docx
from pipelines.reports.report_pdf import as_pdf

HEADLINE = "V01"


def write_briefing(
    home_root: Path, folder: Path, *, week: str = "", month: str = "", area: str = "",
    languages: Sequence[Language] = LANGUAGES, build: str = "", font: Path | None = None,
) -> list[Path]:  # fmt: skip
    """Write a briefing: a PDF per language, of a week a DOCX too; and its asks, which the next one follows up.

    Args:
        home_root: the home.
        folder: where the files go, and where the asks of the span before are looked for.
        week: as 2026-W26; without week and month the last complete week.
        month: as 2026-06.
        area: a grid_code; empty: the widest area the city's board options show.
        languages: of the files.
        build: a kept build; empty: the current one.
        font: a font file to use instead of looking for one.

    Returns:
        The files, PDFs first.

    Raises:
        UsageError: nothing is published, no such area, week or month.
        ConfigurationError: no font with Chinese.
    """
    letters = find_font(font)
    boards = {language: board_of(home_root, language, area=area, build=build) for language in LANGUAGES}
    span = span_of(week, month, boards["zh"].source.as_of)
    reports = {language: memo(boards[language], span, folder) for language in languages}
    folder.mkdir(parents=True, exist_ok=True)
    at = place_of(boards["zh"]).code
    written = []
    for language, report in reports.items():
        written.append(_write(folder / f"briefing-{span}-{at}.{language}.pdf", as_pdf(report, letters)))
    if span.kind == "week":
        for language, report in reports.items():
            written.append(_write(folder / f"briefing-{span}-{at}.{language}.docx", as_docx(report)))
    spoken = {language: asks.asked_of(needs_of(board, place_of(board)), _due(board, span)) for language, board in boards.items()}
    return [*written, asks.keep(folder, span, at, {str(language): made for language, made in spoken.items()})]


def _write(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(content)
    draft.replace(path)
    return path


def board_of(home_root: Path, language: Language, *, area: str = "", build: str = "") -> Board:
    """A board without a page, as the reader of the city's board options has it.

    Raises UsageError: nothing is published, the build is not kept, or the area is not there or not shown.
    """
    city = read_city(home_root)
    if build and data.kept_manifest(home_root, build) is None:
        raise UsageError(told("briefing.build_gone", build=build), where="--build")
    source = data.open_source(home_root, city.reader, build=build)
    board = Board(source, View(language=language, area=area, build=source.build_id), Words(language), city, ".")
    root = str((source.row("build") or {}).get("root_code", ""))
    if area and not any(row["grid_code"] == area for row in source.ask("area", area=area, root=root).rows(named=True)):
        raise UsageError(told("briefing.no_area", area=area), where="--area", remedy=told("briefing.area_code"))
    return board


def _due(board: Board, span: Span) -> dt.date:
    return board.source.as_of.date() + dt.timedelta(days=span.due_days)


def memo(board: Board, span: Span, folder: Path) -> Report:
    """The briefing of one span in the board's language."""
    words, place = board.words, place_of(board)
    needs = needs_of(board, place)
    asked = asks.asked_of(needs, _due(board, span))
    before = asks.kept(folder, span.before, place.code, words.language)
    to_date = figures.year_lines(board, place, period_of(board.view.but(period="ytd"), board.source.as_of))
    month = period_of(board.view.but(period=f"{span.first:%Y-%m}"), board.source.as_of)
    lines = figures.weeks_of(board, place, span) if span.kind == "week" else figures.year_lines(board, place, month)
    overdue = figures.overdue_rows(board, place.code)
    by = words.day(_due(board, span))
    asks_said = words("briefing.asks_said", n=len(asked), day=by) if asked else words("needs.nothing")
    late = (figures.overdue_table(board, place.code, overdue),) if overdue else ()
    sections = (
        Section(words("briefing.short"), (_lead(board, span, lines), _overdue_lead(board, overdue))),
        Section(words("briefing.asks_heading"), (asks_said,), asks.shown(board, needs, asked)),
        _changes(board, span, lines),
        Section(words("briefing.overdue_heading"), (), (), late),
        asks.follow_up(board, place, span, asked, before),
        _annex(board, span, lines, to_date),
    )
    title = words(f"briefing.title_{span.kind}", area=place.name)
    return Report(
        title, words.language, board.source.as_of, board.source.build_id, facts_of(board, span.written(words)), sections,
        words("ethics"), words("briefing.page", n="{n}"), words("briefing.figure_id"),
    )  # fmt: skip


def _lead(board: Board, span: Span, lines: Sequence[Line]) -> str:
    if span.kind == "month":
        return overview.lead(board, [line.figure for line in lines])
    words = board.words
    parts = [
        words("briefing.lead_week", span=span.written(words), n=line.figure.value_text, before=line.cells[3].text)
        for line in lines
        if line.figure.id == HEADLINE and line.figure.value is not None
    ]
    weeks, n = whole("briefing_weeks"), len(changed(lines))
    if not compared(lines):
        parts.append(words("briefing.week_none_compared", weeks=weeks))
    elif n:
        names = words("comma").join(line.figure.name for line in changed(lines))
        parts.append(words("briefing.week_changed", total=len(compared(lines)), n=n, names=names, weeks=weeks))
    else:
        parts.append(words("briefing.week_unchanged", total=len(compared(lines)), weeks=weeks))
    return words("space").join(parts)


def _overdue_lead(board: Board, rows: Sequence[figures.Row]) -> str:
    words = board.words
    total = next((row for row in rows if row["slice_kind"] == "all"), None)
    if total is None:
        return words("briefing.overdue_none", day=words.moment(board.source.as_of))
    if total["value"] is None:
        return words("briefing.overdue_hidden", day=words.moment(board.source.as_of))
    return words("briefing.overdue_lead", day=words.moment(board.source.as_of), n=words.number(total["value"]))


def _changes(board: Board, span: Span, lines: Sequence[Line]) -> Section:
    words, heading = board.words, board.words("briefing.changes_heading")
    found = changed(lines)
    if not found:
        return Section(heading, (words("briefing.no_changes", total=len(compared(lines))),))
    return Section(heading, (), (), (_table(board, span, words("briefing.changes_heading"), found),))


def _table(board: Board, span: Span, name: str, lines: Sequence[Line]) -> Table:
    if span.kind == "week":
        return figures.week_table(board, name, lines)
    return figures.year_table(board, name, board.words("briefing.this_month"), lines)


def _annex(board: Board, span: Span, lines: Sequence[Line], to_date: Sequence[Line]) -> Section:
    words = board.words
    written = span.written(words)
    ytd = words("period.ytd", day=words.day(board.source.as_of.date()))
    tables = (
        _table(board, span, written, lines),
        figures.year_table(board, words("briefing.year_to_date"), words("briefing.year_to_date"), to_date, ytd),
    )
    return Section(words("briefing.annex"), (words("briefing.annex_said"),), (), tables, is_page=True)
