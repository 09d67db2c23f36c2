"""One grammar: every chart says what it is, what it is in and of when; an empty one says why; chance is not change."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from dashboards.kit import breakdown, charts, maps
from dashboards.kit.chance import Part, against_average, compare, process_limits, share_difference
from tests.architecture.project import parse, python_files, read

CAPTION = charts.Caption("On-time closing rate", "%", "data as of 30 June 2026 23:59", "There were no cases.")
NAMES = {
    **dict.fromkeys(("now", "earlier", "mean", "limits", "outside", "inner", "outer", "middle"), "x"),
    **dict.fromkeys(("far_above", "above", "average", "below", "far_below", "unknown"), "y"),
}
SQUARE = "POLYGON ((0 0, 0 1, 1 1, 1 0, 0 0))"


def trend(values: list[float | None]) -> charts.Chart:
    labels = [str(i) for i in range(len(values))]
    return charts.trend(
        CAPTION, labels=labels, values=values, earlier=[None] * len(values), limits=process_limits(values), names=NAMES, hover=labels
    )  # fmt: skip


def funnel(points: list[charts.Point]) -> charts.Chart:
    return charts.funnel(CAPTION, points, Part(80, 100), scale=100, is_share=True, names=NAMES, base="cases")


def drawn() -> list[charts.Chart]:
    segment = charts.Segment("up to 7 days", [3.0, 4.0], ["a", "b"], charts.SEQUENCE[0])
    return [
        trend([float(i % 3) for i in range(24)]),
        funnel([charts.Point("A", Part(30, 50), "far_below", "A"), charts.Point("B", Part(50, 60), "average", "B")]),
        charts.stacked(CAPTION, ["petitions", "court"], [segment], ends=["3", "4"]),
        maps.area_map(CAPTION, [maps.Area("1", "A", SQUARE, "above", "A")], {"above": "above"}),
    ]


@pytest.mark.parametrize("chart", drawn(), ids=["trend", "funnel", "stacked", "map"])
def test_a_chart_carries_title_unit_and_as_of(chart: charts.Chart) -> None:
    title = chart.figure.layout.title
    assert title.text == CAPTION.title
    assert CAPTION.unit in title.subtitle.text
    assert CAPTION.as_of in title.subtitle.text
    assert chart.sentence == ""


@pytest.mark.parametrize("chart", drawn(), ids=["trend", "funnel", "stacked", "map"])
def test_a_chart_fetches_nothing(chart: charts.Chart) -> None:
    kinds = {trace.type for trace in chart.figure.data}
    assert kinds <= {"scatter", "bar"}
    assert "http" not in chart.figure.to_json()


@pytest.mark.parametrize(
    "chart",
    [
        trend([]),
        trend([None, None]),
        funnel([]),
        funnel([charts.Point("A", Part(0, 0), "unknown", "A")]),
        charts.stacked(CAPTION, [], [], ends=[]),
        charts.stacked(CAPTION, ["a"], [charts.Segment("s", [0.0], [""], charts.SEQUENCE[0])], ends=["0"]),
        maps.area_map(CAPTION, [maps.Area("1", "A", "", "above", "A")], {}),
        maps.area_map(CAPTION, [maps.Area("1", "A", "POLYGON ((broken", "above", "A")], {}),
    ],
)
def test_an_empty_chart_says_why(chart: charts.Chart) -> None:
    assert chart.figure is None
    assert chart.sentence == CAPTION.empty


def test_colours_stand_in_charts_only() -> None:
    colour = re.compile(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b|rgba?\(\s*\d+\s*,")
    for path in python_files("dashboards"):
        if path.name == "charts.py":
            continue
        found = [
            n.value
            for n in ast.walk(parse(path))
            if isinstance(n, ast.Constant) and isinstance(n.value, str) and colour.search(n.value)
        ]
        assert not found, path
    for name in ("style.css", "page.js"):
        assert not colour.search(read(Path("dashboards") / "kit" / name))


def test_states_are_told_apart_without_colour_vision() -> None:
    """Neighbouring states differ in lightness, and the two sides in blueness, which the colour-blind see."""

    def light(name: str) -> float:
        red, green, blue = (int(charts.STATE_COLOURS[name][i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def blue(name: str) -> int:
        return int(charts.STATE_COLOURS[name][5:7], 16) - int(charts.STATE_COLOURS[name][1:3], 16)

    assert light("average") > light("above") + 20 > light("far_above") + 60
    assert light("average") > light("below") + 20 > light("far_below") + 60
    assert min(blue("below"), blue("far_below")) > 40 > -40 > max(blue("above"), blue("far_above"))


# --- chance -----------------------------------------------------------------------------------------------------------


def test_process_limits_are_the_textbooks() -> None:
    values = [10.0, 12.0, 11.0, 13.0, 10.0, 12.0, 11.0, 13.0, 10.0, 12.0, 11.0, 13.0]
    ranges = [2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2]
    limits = process_limits(values)
    assert limits is not None
    assert limits.mean == pytest.approx(11.5)
    assert limits.high == pytest.approx(11.5 + 2.66 * sum(ranges) / len(ranges))
    assert limits.low == pytest.approx(11.5 - 2.66 * sum(ranges) / len(ranges))
    assert limits.is_outside(20)
    assert not limits.is_outside(12)


def test_a_short_series_has_no_limits_and_a_gap_makes_no_range() -> None:
    assert process_limits([1.0] * 11) is None
    with_gap = process_limits([5.0] * 6 + [None] + [9.0] * 6)
    assert with_gap is not None
    assert with_gap.high == with_gap.mean


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [((135, 1), (100, 1), "more"), ((110, 1), (100, 1), "chance"), ((70, 1), (100, 1), "less"), ((3, 1), (1, 1), "chance")],
)
def test_counts_are_compared_by_chance(now: tuple[int, int], before: tuple[int, int], verdict: str) -> None:
    assert compare(Part(*now), Part(*before), is_share=False) == verdict


def test_rates_allow_for_a_population_that_grew() -> None:
    assert compare(Part(130, 13_000), Part(100, 10_000), is_share=False) == "chance"
    assert compare(Part(140, 10_000), Part(100, 10_000), is_share=False) == "more"


def test_the_interval_of_a_difference_is_newcombes() -> None:
    """R. G. Newcombe 1998, Statistics in Medicine 17:873, table II, method 10: 56/70 - 48/80 = 0.2, 0.0524 to 0.3339."""
    found = share_difference(Part(56, 70), Part(48, 80))
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_shares_are_compared_and_nonsense_is_not() -> None:
    assert compare(Part(90, 100), Part(70, 100), is_share=True) == "more"
    assert compare(Part(70, 100), Part(72, 100), is_share=True) == "chance"
    assert compare(Part(70, 0), Part(72, 100), is_share=True) == "unknown"
    assert compare(None, Part(72, 100), is_share=True) == "unknown"


def test_none_in_either_period_is_no_difference() -> None:
    assert compare(Part(0, 30), Part(0, 31), is_share=False) == "chance"
    assert compare(Part(0, 30), Part(0, 31), is_share=True) == "chance"


@pytest.mark.parametrize(
    ("num", "den", "state"),
    [(80, 100, "average"), (70, 100, "below"), (60, 100, "far_below"), (89, 100, "above"), (97, 100, "far_above")],
)
def test_an_area_stands_in_its_funnel(num: int, den: int, state: str) -> None:
    assert against_average(Part(num, den), Part(800, 1000), is_share=True) == state


def test_a_small_area_is_not_judged_by_its_few_cases() -> None:
    assert against_average(Part(1, 3), Part(800, 1000), is_share=True) == "average"
    assert against_average(Part(0, 0), Part(800, 1000), is_share=True) == "unknown"


def test_a_map_of_amounts_has_steps_of_colour_and_a_hold_for_a_click_in_every_area() -> None:
    areas = [maps.Area("7", "A", SQUARE, "step_0", "A"), maps.Area("8", "B", SQUARE.replace("1", "2"), "step_4", "B")]
    figure = maps.area_map(CAPTION, areas, {"step_0": "1 – 3", "step_4": "9"}).figure
    assert [trace.fillcolor for trace in figure.data[:2]] == [charts.SEQUENCE[0], charts.SEQUENCE[4]]
    assert list(figure.data[-1].customdata) == ["7", "8"]
    assert figure.data[-1].marker.opacity == 0


def test_a_funnel_with_one_area_many_times_the_others_goes_by_powers_of_ten() -> None:
    sizes = [charts.Point("A", Part(30, 40), "average", "A"), charts.Point("B", Part(4000, 5000), "average", "B")]
    assert funnel(sizes).figure.layout.xaxis.type == "log"
    assert funnel([sizes[0], charts.Point("B", Part(80, 100), "average", "B")]).figure.layout.xaxis.type is None


HOSTILE = '<a href="https://example.org/x">street</a><img src=x onerror=y><b>bold</b>'


def test_a_name_is_text_in_whatever_is_drawn() -> None:
    caption = charts.Caption(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    point = charts.Point(HOSTILE, Part(50, 100), "far_above", f"<b>{HOSTILE}</b><br>50")
    segment = charts.Segment(HOSTILE, [3], [HOSTILE], charts.PALETTE["accent"])
    words = dict.fromkeys(("now", "before", "whole", "inner", "outer", "middle", *charts.STATE_COLOURS), HOSTILE)
    square = maps.Area("1", HOSTILE, SQUARE, "far_above", HOSTILE)
    drawn = [
        charts.funnel(caption, [point], Part(10, 100), scale=100, is_share=True, names=words, base=HOSTILE),
        charts.stacked(caption, [HOSTILE], [segment], ends=[HOSTILE]),
        charts.pairs(caption, [HOSTILE], [3.0], [2.0], names=words, texts=[HOSTILE], hover=[HOSTILE]),
        breakdown.intervals(
            caption, [breakdown.Row(HOSTILE, 3.0, (1.0, 4.0), 2.0, "", HOSTILE)], average=2.0, is_share=True, names=words
        ),
        breakdown.columns(caption, [HOSTILE], [segment]),
        maps.area_map(caption, [square], {"far_above": HOSTILE}),
    ]  # fmt: skip
    for chart in drawn:
        assert chart.figure is not None
        told = json.dumps(chart.figure.to_plotly_json(), ensure_ascii=False, default=str)
        assert "street" in told
        assert not re.findall(r"<(?!/?b>|br>|extra>|/extra>)", told)
    assert "<br>" in json.dumps(drawn[0].figure.to_plotly_json(), default=str)
