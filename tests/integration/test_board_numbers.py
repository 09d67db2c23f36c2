"""For a reader of one district: every number of a board and of what is taken along from it is the view's, and the district's.

The boards run without a server here; tests/browser reads the same off the screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.kit.access import Reader
from dashboards.kit.menu import BOARDS
from dashboards.kit.paper import as_csv, report_of
from dashboards.kit.words import LANGUAGES, Language
from pipelines.reports.fonts import find_font
from pipelines.reports.report_pdf import as_pdf
from pipelines.reports.report_xlsx import as_xlsx
from tests.browser.numbers import Published, areas_of, published, wrong
from tests.browser.taken import misprinted, plain_data, printed, workbook
from tests.integration.opened_pages import board_of, off_screen, pieces_of, shown_in

#: What a board is asked where it opens with a question.
VIEWS: dict[str, dict[str, Any]] = {"can_be_true": {"printed": "75.8"}, "areas": {"basis": "restated"}}
#: Boards whose first page has no figure of a district: a list of her own, one build, the health of the whole city; and Risk,
#: whose open cases are of no register entry, where no area of the tiny city lies outside its limits.
WITHOUT = {"returned", "why_changed", "data_quality", "risk"}
#: Boards that show fewer: one figure alone.
FEW = {"explain", "can_be_true"}


@pytest.fixture(scope="module")
def build(tiny_home: Path) -> Iterator[Published]:
    with published(tiny_home) as found:
        yield found


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_of_a_district_shows_and_gives_its_numbers_alone(
    tiny_home: Path, build: Published, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    off_screen(monkeypatch)
    board = board_of(tiny_home, name, Reader("leader", (build.district(),)), "en", **VIEWS.get(name, {}))
    pieces = pieces_of(name, board)
    found = list(shown_in(pieces))
    assert len(found) >= (0 if name in WITHOUT else 1 if name in FEW else 20)
    assert not wrong(found, build, "en")
    assert areas_of(found) <= build.within(build.district())

    report, mark = report_of(board, pieces), " · figure id"
    shown = {one.figure for one in found if one.what == "figure"}
    for taken, formulas in (workbook(as_xlsx(report), mark), plain_data(as_csv(report), mark)):
        assert not formulas
        assert not wrong(taken, build, "en")
        assert {one.figure for one in taken} <= shown
        assert taken or name in WITHOUT | FEW


@pytest.mark.proof
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", BOARDS)
def test_the_print_of_a_board_has_its_numbers(
    tiny_home: Path, build: Published, name: str, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make prove-boards`; that of Overview is taken by a click in `make test` (tests/browser/test_numbers.py)."""
    off_screen(monkeypatch)
    board = board_of(tiny_home, name, Reader(), language, **VIEWS.get(name, {}))
    pieces = pieces_of(name, board)
    shown = {one.figure for one in shown_in(pieces) if one.what == "figure"}
    rows = printed(as_pdf(report_of(board, pieces), find_font()))
    assert {figure for _, figures in rows for figure in figures} <= shown
    assert not misprinted(rows, build, language)
    assert rows or name in WITHOUT | FEW


@pytest.mark.parametrize("level", [0, 1, 3], ids=["city", "district", "community"])
def test_overview_shows_every_whole_figure_of_today_or_of_the_year_to_date(
    tiny_home: Path, build: Published, level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    off_screen(monkeypatch)
    area = build.root() if level == 0 else build.first_of(level)
    board = board_of(tiny_home, "overview", Reader("leader", (area,) if level else ()), "zh")
    pieces = pieces_of("overview", board)
    shown = {one.figure.partition("@")[0] for one in shown_in(pieces) if one.what == "figure"}
    given = build.rows.execute(
        "select metric_id, slice_kind, slice_code, period_kind from v_metric_display "
        "inner join ref_metric using (metric_id), build_info "
        "where family not in ('share', 'change', 'composite') and basis = 'as_was' and period_end = cast(as_of as date) "
        "and (period_kind = 'year_to_date' and slice_kind = 'all' or period_kind = 'day' and periods = 'day' "
        "and (slice_kind = 'all' or metric_id = 'M30' and slice_code > $level)) and grid_code = $area",
        {"area": area, "level": str(level)},
    ).fetchall()
    day = build.rows.execute("select cast(as_of as date) from build_info").fetchall()[0][0]
    ids = {
        f"{metric}{'' if kind == 'all' else f'~{kind}={code}'}/{area}/{'ytd-' if period == 'year_to_date' else ''}{day}/as_was"
        for metric, kind, code, period in given
    }
    assert ids <= shown
    assert level == 3 or {f"M31/{area}/{day}/as_was", f"M30~grid_level=4/{area}/{day}/as_was"} <= ids
    assert f"V01/{area}/ytd-{day}/as_was" in ids


def test_what_is_not_computed_for_a_community_is_named_and_has_no_card(
    tiny_home: Path, build: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    off_screen(monkeypatch)
    board = board_of(tiny_home, "overview", Reader("leader", (build.first_of(3),)), "en")
    pieces = "".join(str(piece) for piece in pieces_of("overview", board))
    missing = pieces[pieces.index("Not computed for areas of this level") :].partition("</p>")[0]
    computed = "select metric_id from ref_metric_cut where grid_level = 3"
    names = build.rows.execute(
        f"select name_en from ref_metric where family not in ('change', 'composite') and metric_id not in ({computed})"
    ).fetchall()
    assert {"Grids per filled post", "Areas of each level"} <= {name for (name,) in names}
    assert [name for (name,) in names if name not in missing] == []
    assert [name for (name,) in names if f">{name}<" in pieces] == []
    assert ">Events reported<" in pieces
