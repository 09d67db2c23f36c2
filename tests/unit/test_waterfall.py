"""A waterfall goes from the earlier to the later value without a gap; pairs of cases print as the percentage they are for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dashboards.kit.charts import Caption
from dashboards.kit.waterfall import Fall, ends_of, waterfall
from pipelines.analytics.figures import half_up_percent
from pipelines.reports.explain import decimals_of, smallest_pairs

CAPTION = Caption("title", "%", "as of", "no steps")


def fall(name: str, before: float, after: float) -> Fall:
    return Fall(name, before, after, f"{after - before:+}", name)


def test_steps_up_and_down_lie_between_the_two_values() -> None:
    steps = [fall("late", 70.0, 74.0), fall("corrected", 74.0, 73.0)]
    drawn = waterfall(CAPTION, fall("old", 70.0, 70.0), steps, fall("new", 73.0, 73.0), names=("up", "down")).figure
    assert drawn is not None
    bars = {bar.name: (list(bar.base), list(bar.x)) for bar in drawn.data if bar.type == "bar"}
    assert bars == {"up": ([70.0], [4.0]), "down": ([74.0], [-1.0])}
    ends = next(trace for trace in drawn.data if trace.type == "scatter" and trace.mode == "markers")
    assert list(ends.x) == [70.0, 73.0]
    assert list(drawn.layout.yaxis.categoryarray) == ["new", "corrected", "late", "old"]
    low, high = drawn.layout.xaxis.range
    assert low < min(70, 74)
    assert high > max(70, 74)


def test_without_steps_a_sentence_stands_in() -> None:
    chart = waterfall(CAPTION, fall("old", 1, 1), [], fall("new", 1, 1), names=("up", "down"))
    assert (chart.figure, chart.sentence) == (None, "no steps")


def test_a_value_that_stays_has_a_scale() -> None:
    low, high = ends_of([0.0, 0.0])
    assert low < 0 < high


@pytest.mark.parametrize(
    ("printed", "first"), [("72.5", (29, 40)), ("33.33", (1, 3)), ("100", (1, 1)), ("0", (0, 1)), ("99.9", (666, 667))]
)
def test_the_smallest_pairs_print_as_the_percentage(printed: str, first: tuple[int, int]) -> None:
    value = Decimal(printed)
    pairs = smallest_pairs(value, decimals_of(value))
    assert pairs[0] == first
    assert all(half_up_percent(num, den, decimals_of(value)) == value for num, den in pairs)
    # None was passed over: no smaller denominator prints so.
    assert not any(half_up_percent(n, den, decimals_of(value)) == value for den in range(1, first[1]) for n in range(den + 1))


def test_what_is_no_percentage_has_no_pairs() -> None:
    assert smallest_pairs(Decimal("100.1"), 1) == smallest_pairs(Decimal(-1), 0) == []
