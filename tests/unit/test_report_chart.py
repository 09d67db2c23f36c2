"""A chart on paper: every kind that the boards draw has its lines, its names and its lengths there."""

from __future__ import annotations

from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from fpdf import FPDF

from dashboards.kit import breakdown, charts, maps
from dashboards.kit.chance import Part, process_limits
from dashboards.kit.waterfall import Fall, waterfall
from pipelines.reports.report import Chart
from pipelines.reports.report_chart import draw_chart, height_of, steps

CAPTION = charts.Caption("Title", "%", "as of today", "nothing")
STATES = {name: name for name in charts.STATE_COLOURS}
SQUARE = "POLYGON(({0} 30, {1} 30, {1} 31, {0} 31, {0} 30))"
VALUES = [50.0, 51, 49, 52, 50, 48, 51, 50, 49, 80, 50, 51, 49, 52]
SEGMENTS = [charts.Segment("young", [3, 1], ["", ""], "#8fc1e3"), charts.Segment("old", [1, 2], ["", ""], "#4a97c9")]
ROWS = [breakdown.Row("left", 40.0, (30, 50), 45.0, "", ""), breakdown.Row("right", 60.0, None, None, "far_above", "")]
POINTS = [charts.Point("near", Part(30, 50), "average", ""), charts.Point("apart", Part(10, 60), "far_below", "")]


def a_trend(**more: Any) -> charts.Chart:
    names = {key: key for key in ("now", "earlier", "mean", "limits", "outside")}
    given = {
        "labels": [f"m{n}" for n in range(len(VALUES))],
        "values": VALUES,
        "earlier": [None, *VALUES[1:]],
        "hover": [""] * len(VALUES),
    }
    return charts.trend(CAPTION, **given, limits=process_limits(VALUES), names=names, **more)  # type: ignore[arg-type]


KINDS = {
    "trend": (a_trend(marked=[9]), {"m13", "now", "earlier", "outside"}),
    "share": (a_trend(is_share=True), {"m13", "limits"}),
    "funnel": (
        charts.funnel(CAPTION, POINTS, Part(60, 120), scale=100, is_share=True, base="cases",
                      names={**STATES, "inner": "inner", "outer": "outer", "middle": "middle"}),
        {"apart", "inner", "far_below"},
    ),
    "stacked": (charts.stacked(CAPTION, ["one", "two"], SEGMENTS, ends=["four", "three"]), {"one", "two", "four", "young", "old"}),
    "pairs": (
        charts.pairs(CAPTION, ["one", "two"], [20, 10], [10, None], names={"now": "now", "before": "before"},
                     texts=["20", "10"], hover=["", ""]),
        {"one", "two", "20", "now", "before"},
    ),
    "intervals": (
        breakdown.intervals(CAPTION, ROWS, average=50.0, is_share=True, names={"now": "now", "before": "before", "whole": "whole"}),
        {"left", "right", "now", "before", "whole"},
    ),
    "columns": (breakdown.columns(CAPTION, ["May", "June"], SEGMENTS), {"May", "June", "young", "old"}),
    "lines": (
        breakdown.lines(CAPTION, ["May", "June"], [breakdown.Line("come", [1.0, 2.0], ["", ""], "#0072b2", "dash")]),
        {"May", "June", "come"},
    ),
    "map": (
        maps.area_map(CAPTION, [maps.Area("1", "West", SQUARE.format(100, 101), "far_above", ""),
                                maps.Area("2", "East", SQUARE.format(101, 102), "average", "")], STATES),
        {"West", "East", "far_above", "average"},
    ),
    "waterfall": (
        waterfall(CAPTION, Fall("first", 5, 5, "5", ""), [Fall("late", 5, 8, "+3", ""), Fall("gone", 8, 7, "-1", "")],
                  Fall("last", 7, 7, "7", ""), names=("up", "down")),
        {"first", "late", "gone", "last", "+3", "up", "down"},
    ),
}  # fmt: skip


def on_paper(chart: charts.Chart) -> Any:
    """The page on which a chart was drawn."""
    assert chart.figure is not None
    told = Chart("Title", "%", chart.figure.to_plotly_json())
    sheet = FPDF()
    sheet.add_page()
    sheet.set_font("helvetica", size=6.5)
    draw_chart(sheet, told, (16, 20, 178, height_of(told)), lambda text: text.encode("latin-1", "replace").decode("latin-1"))
    return pypdfium2.PdfDocument(bytes(sheet.output()))[0]


def shapes(page: Any) -> list[tuple[float, float, float, float]]:
    """Left, bottom, right, top of every line and area."""
    return [one.get_bounds() for one in page.get_objects() if pdfium.FPDFPageObj_GetType(one.raw) == pdfium.FPDF_PAGEOBJ_PATH]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_chart_is_drawn_with_its_names(kind: str) -> None:
    chart, names = KINDS[kind]
    page = on_paper(chart)
    said = set(page.get_textpage().get_text_range().split())
    assert names <= said
    found = shapes(page)
    assert len(found) > 3
    wide, high = page.get_size()
    assert all(left >= 0 and bottom >= 0 and right <= wide and top <= high for left, bottom, right, top in found)


def test_a_name_is_printed_as_it_is_and_not_as_markup() -> None:
    """On the screen its `<` is made harmless; on paper it is the letter again, and what boards set in bold is plain."""
    chart = charts.pairs(CAPTION, ["stay <5 days", "A&B <x>", "<b>told</b>"], [20, 10, 5], [1, 1, 1], texts=["", "", ""],
                         names={"now": "<now>", "before": "be<br>fore"}, hover=["", "", ""])  # fmt: skip
    said = " ".join(on_paper(chart).get_textpage().get_text_range().split())
    assert "&lt;" in str(chart.figure), "what the test is about"
    assert "&" not in said.replace("A&B", "")
    assert {name for name in ("stay <5 days", "A&B <x>", "told", "<now>", "be fore") if name not in said} == set(), said
    assert "b>" not in said


def test_bars_are_as_long_as_their_numbers() -> None:
    page = on_paper(KINDS["pairs"][0])
    lengths = sorted((round(right - left, 1) for left, bottom, right, top in shapes(page) if top - bottom > 5), reverse=True)
    assert lengths[0] == pytest.approx(2 * lengths[1], rel=0.01)
    assert lengths[1] == pytest.approx(lengths[2], rel=0.01)


def test_ticks_are_round_and_within_the_scale() -> None:
    assert steps(0, 100) == [0, 20, 40, 60, 80, 100]
    assert steps(47.3, 61.9) == [50, 55, 60]
    assert steps(5, 5) == [5]
