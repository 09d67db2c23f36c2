"""The board of areas says what stands out beyond chance, counts nothing against a smaller area, ranks nobody."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from dashboards.boards import areas, areas_pair, risk
from dashboards.boards.areas_pair import Pair, counted, told, two_table, verdict_of
from dashboards.boards.figure_areas import compared_of
from dashboards.kit.access import query_text
from dashboards.kit.areas import UNASSIGNED, Place
from dashboards.kit.average import average_of
from dashboards.kit.chance import Part
from dashboards.kit.filters import View
from dashboards.kit.markup import html
from dashboards.kit.reading import Figure
from dashboards.kit.words import Words
from pipelines.core.warehouse import scratch

WORDS = Words("en")
SHARE = {
    "metric_id": "M16", "name_zh": "按期结案率", "name_en": "On time", "unit_zh": "%", "unit_en": "%", "decimals": 1,
    "direction": "higher", "family": "ratio", "scale": 100, "population": None, "min_denominator": 30, "period_kind": "month",
}  # fmt: skip

RATE = {"metric_id": "M03", "scale": 10_000, "population": "usual", "unit_en": "cases", "direction": "lower"}


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
    assert verdict_of(Pair(a, b, average_of(b, None) if is_part else None)) == verdict


def test_the_table_has_the_first_figures_and_what_differs() -> None:
    first, unlike = Pair(share(80, 100), share(81, 100)), Pair(share(90, 100, metric_id="M17"), share(60, 100))
    alike = Pair(share(80, 100, metric_id="M41"), share(81, 100))
    assert told([first, unlike, alike], ["M16"]) == [first, unlike]
    assert "3 figures" in counted(WORDS, [first, unlike, alike, Pair(count(1), count(2))])
    assert "1 differ" in counted(WORDS, [first, unlike, alike])


def test_cases_without_a_place_make_no_area_seem_below_the_average() -> None:
    whole = share(2500, 200_000, **RATE)
    within = [({"grid_code": code}, share(1000, 100_000, **RATE)) for code in ("a", "b")]
    nowhere = ({"grid_code": UNASSIGNED}, Figure({**share(500, 1, **RATE).row, "den": None, "value": None}, WORDS))
    assert set(compared_of(whole, within).states.values()) == {"far_below"}, "what the average would be with them"
    compared = compared_of(whole, [*within, nowhere])
    assert (compared.average.part, compared.average.value, compared.average.placeless_n) == (Part(2000, 200_000), 100.0, 500)
    assert compared.states == {"a": "average", "b": "average", UNASSIGNED: "unknown"}


def test_areas_are_not_judged_where_chance_is_no_model() -> None:
    within = [({"grid_code": code}, share(num, 100)) for code, num in (("a", 99), ("b", 1))]
    assert set(compared_of(share(100, 200), within).states.values()) == {"far_above", "far_below"}
    assert set(compared_of(share(100, 200, ci_low=None), within).states.values()) == {"unknown"}


def test_a_share_keeps_the_cases_without_a_place_in_its_average() -> None:
    average = average_of(share(153, 173), {"num": 17, "den": 20})
    assert (average.part, average.placeless_n) == (Part(153, 173), 0)


# --- one average on every board ---------------------------------------------------------------------------------------


def board_of(answer: dict[str, list[dict[str, Any]]], **view: Any) -> Any:
    """A board whose queries answer with some rows."""
    as_of = dt.datetime(2026, 6, 30, 23, 59, 59)
    source = SimpleNamespace(
        as_of=as_of,
        build_id="b",
        reader=SimpleNamespace(role=""),
        ask=lambda query, **_: pl.DataFrame(answer[query], strict=False),
    )
    return SimpleNamespace(source=source, words=WORDS, view=View(language="en", **view), path="areas")


PLACE = Place("1", "City", 0, "1", (), pl.DataFrame())
PERIOD = {"period_kind": "year_to_date", "period_start": dt.date(2026, 1, 1), "period_end": dt.date(2026, 6, 30)}


@pytest.mark.parametrize(("num", "is_worse"), [(1000, False), (1300, True)])
def test_risk_the_needs_and_the_asks_compare_with_the_same_average(num: int, is_worse: bool) -> None:
    area = share(num, 100_000, **RATE, **PERIOD)
    row = {**area.row, "value": float(area.value or 0), "grid_code": "11", "area_zh": "甲", "area_en": "A", "compared_n": 1}
    row |= {"whole_num": 3000, "whole_den": 200_000, "whole_value": 150.0, "unplaced_num": 1000, "unplaced_den": None}
    outside = risk.outside_of(board_of({"risk__areas": [row]}), PLACE)
    assert not outside.better, "it is below 150 and not below the 100 of those that live somewhere"
    assert [finding.average_text for finding in outside.worse] == (["100.0"] if is_worse else [])
    if is_worse:
        said = html(risk.findings(board_of({}), PLACE, outside.worse))
        assert WORDS("average.placeless") in said
        assert "M03/1/" not in said, "the average is not the published figure of the city"


PLANTED = """
    create schema marts;
    create table marts.dim_grid as
    select *, true as is_current, null as path_2, null as path_3, null as path_4, null as path_5
    from (values ('1', null, 0, '1', null), ('11', '1', 1, '1', '11'), ('UNASSIGNED', '1', 1, '1', 'UNASSIGNED'))
        as t (grid_code, parent_code, grid_level, path_0, path_1)
    cross join (select '' as name_zh, '' as name_en);
    create table marts.ref_metric as
    select 'M03' as metric_id, '' as name_zh, '' as name_en, '' as unit_zh, '' as unit_en, 1 as decimals, 'lower' as direction,
        'ratio' as family, 10000 as scale, 'usual' as population, 30 as min_denominator;
    create table marts.v_metric_display as
    select *, 'M03' as metric_id, 'all' as slice_kind, 'as_was' as basis, 'year_to_date' as period_kind, null as reason,
        date '2026-01-01' as period_start, date '2026-06-30' as period_end
    from (values ('1', 3000, 200000, 150.0, 148.0, 152.0), ('11', 1300, 100000, 130.0, 110.0, 155.0),
        ('UNASSIGNED', 1000, null, null, null, null)) as t (grid_code, num, den, value, ci_low, ci_high)
"""


def test_an_area_beyond_the_average_that_it_is_compared_with_is_found() -> None:
    """Its interval holds the city's 150 and not the 100 without the cases that have no place."""
    asked = {"area": "1", "root": "1", "level": 0, "finest": 3, "today": dt.date(2026, 6, 30)}
    with scratch() as connection:
        connection.execute(PLANTED)
        rows = connection.sql(query_text("risk__areas"), params=asked).pl().rows(named=True)
    assert [(row["grid_code"], row["unplaced_num"], row["unplaced_den"]) for row in rows] == [("11", 1000, None)]


def test_an_area_against_the_whole_is_compared_with_the_same_average() -> None:
    rows = [
        {"metric_id": "M03", "grid_code": code, "num": num, "den": den, "value": value, "ci_low": 1.0, "ci_high": 2.0, **PERIOD}
        for code, num, den, value in (("11", 1000, 100_000, 100.0), ("1", 3000, 200_000, 150.0), (UNASSIGNED, 1000, None, None))
    ]
    metric = {name: value for name, value in share(1, 1, **RATE).row.items() if name not in rows[0]} | {"metric_id": "M03"}
    cut = areas.Cut("year_to_date", dt.date(2026, 6, 30), dt.date(2025, 6, 30), "as_was")
    board = board_of({"areas__two": rows})
    (pair,) = areas_pair._pairs(board, {"M03": metric}, cut, ("11", "1"), is_part=True)
    assert verdict_of(pair) == "chance"
    assert WORDS("average.placeless") in html(two_table(board, (("11", "A"), ("1", "City")), [pair], basis="as_was"))
    (apart,) = areas_pair._pairs(board, {"M03": metric}, cut, ("11", "12"), is_part=False)
    assert apart.average is None


# --- the map that an id names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", ["restated", "foo", ""])
def test_a_cell_names_the_map_that_was_asked_for_not_the_address(basis: str) -> None:
    board = board_of({}, basis=basis)
    figure = share(8, 10, **PERIOD)
    row = {"grid_code": "11"}
    assert "/as_was@" in compared_of(figure, []).shown(board, row, figure).value().figure
    assert "/restated@" in compared_of(figure, [], basis="restated").shown(board, row, figure).value().figure
    asked = areas.cut_of(board, {"periods": "month"}).basis
    assert asked == ("restated" if basis == "restated" else "as_was")
    said = html(two_table(board, (("11", "A"), ("12", "B")), [Pair(figure, figure)], basis=asked))
    assert f"/{asked}@b" in said
    assert f"/{basis}@b" not in said or basis == asked
