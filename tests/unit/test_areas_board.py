"""The board of areas says what stands out beyond chance, counts nothing against a smaller area, ranks nobody."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dashboards.boards.areas_pair import counted, told, verdict_of
from dashboards.boards.figure_areas import average_of, placeless_n, states_of
from dashboards.kit.areas import UNASSIGNED
from dashboards.kit.chance import Part
from dashboards.kit.reading import Figure
from dashboards.kit.words import Words

WORDS = Words("en")
SHARE = {
    "metric_id": "M16", "name_zh": "按期结案率", "name_en": "On time", "unit_zh": "%", "unit_en": "%", "decimals": 1,
    "direction": "higher", "family": "ratio", "scale": 100, "population": None, "min_denominator": 30, "period_kind": "month",
}  # fmt: skip


def share(num: int, den: int, **other: Any) -> Figure:
    row = SHARE | {"num": num, "den": den, "value": Decimal(100 * num) / den, "ci_low": 1.0, "ci_high": 99.0, "reason": None}
    return Figure(row | other, WORDS)


def count(num: int) -> Figure:
    return Figure(SHARE | {"metric_id": "V01", "family": "count", "num": num, "den": None, "value": num, "ci_low": 1.0}, WORDS)


@pytest.mark.parametrize(
    ("a", "b", "is_part", "verdict"),
    [
        (share(90, 100), share(60, 100), False, "more"), (share(60, 100), share(90, 100), False, "less"),
        (share(80, 100), share(82, 100), False, "chance"), (share(50, 100), share(8000, 10_000), True, "less"),
        (share(80, 100), share(8000, 10_000), True, "chance"), (count(900), count(10), False, "unknown"),
        (share(90, 100, ci_low=None), share(60, 100), False, "unknown"),
        (share(90, 100, value=None), share(60, 100), False, "unknown"),
        (share(9, 10, family="median"), share(1, 10, family="median"), False, "unknown"),
    ],
)  # fmt: skip
def test_two_areas_differ_only_beyond_chance(a: Figure, b: Figure, is_part: bool, verdict: str) -> None:
    assert verdict_of(a, b, is_part=is_part) == verdict


def test_the_table_has_the_first_figures_and_what_differs() -> None:
    first, unlike, alike = (share(80, 100), share(81, 100)), (share(90, 100, metric_id="M17"), share(60, 100)), (
        share(80, 100, metric_id="M41"), share(81, 100))  # fmt: skip
    assert told([first, unlike, alike], ["M16"], is_part=False) == [first, unlike]
    assert "3 figures" in counted(WORDS, [first, unlike, alike, (count(1), count(2))], is_part=False)
    assert "1 differ" in counted(WORDS, [first, unlike, alike], is_part=False)


def test_cases_without_a_place_make_no_area_seem_below_the_average() -> None:
    rate = {"metric_id": "M03", "scale": 10_000, "population": "residents"}
    whole = share(2500, 200_000, **rate)
    areas = [({"grid_code": code}, share(1000, 100_000, **rate)) for code in ("a", "b")]
    nowhere = ({"grid_code": UNASSIGNED}, Figure(share(500, 1, **rate).row | {"den": None, "value": None}, WORDS))
    assert set(states_of(whole, areas).values()) == {"far_below"}, "what the average would be with them"
    found = [*areas, nowhere]
    assert placeless_n(whole, found) == 500
    assert average_of(whole, found) == Part(2000, 200_000)
    assert states_of(whole, found) == {"a": "average", "b": "average", UNASSIGNED: "unknown"}


def test_a_share_keeps_the_cases_without_a_place_in_its_average() -> None:
    found = [({"grid_code": UNASSIGNED}, share(17, 20))]
    assert average_of(share(153, 173), found) == Part(153, 173)
