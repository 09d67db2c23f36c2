"""Values of every type, dirty and clean."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cleaning import parse
from pipelines.core.contracts import load_contract


def _parse(contract: str, name: str, *texts: str | None) -> tuple[list[object], list[str | None]]:
    column = load_contract(contract).column(name)
    parsed = parse.parse_columns(
        [column], pl.DataFrame({name: pl.Series(list(texts), dtype=pl.String)}), forms=(), zone="Asia/Shanghai"
    )
    rule = next((m for m in parsed.marks if m.name == f"{name}:rule"), None)
    marks = [None] * len(texts) if rule is None else [m and m.removeprefix(f"{name}:") for m in rule.to_list()]
    return parsed.typed[name].to_list(), marks


@pytest.mark.parametrize(
    ("text", "value"),
    [("１２３", 123), ("三十", 30), ("1,234", 1234), ("二百零五", 205), ("一万二千", 12000), ("3.5万元", 35000), ("7件", 7)],
)
def test_dirty_numbers_are_read_and_flagged(text: str, value: int) -> None:
    typed, rule = _parse("court_case", "claim_amount_yuan", text)
    assert typed == [value]
    assert rule == ["d02"]


def test_the_text_of_a_row_does_not_depend_on_its_neighbours() -> None:
    alone, _ = _parse("police_incident", "severity", "Ⅱ级")
    among, _ = _parse("police_incident", "severity", "Ⅱ级", "　红")
    assert alone == ["II级"]
    assert among == ["II级", "红"]


def test_clean_numbers_are_not_flagged() -> None:
    assert _parse("petition", "persons_n", "3", "61.0", None, "") == ([3, 61, None, None], [None] * 4)


def test_what_is_no_number_becomes_null_and_is_left_to_the_type_rule() -> None:
    assert _parse("petition", "persons_n", "三五个", "3.5") == ([None, None], [None, None])


@pytest.mark.parametrize("text", ["1e400", "NaN", "inf", "-Infinity", "99999999999999999999", "1E+30"])
def test_a_number_beyond_all_numbers_is_none(text: str) -> None:
    assert _parse("petition", "persons_n", text)[0] == [None]
    typed, _ = _parse("court_case", "claim_amount_yuan", text)
    assert typed == [None] or math.isfinite(float(str(typed[0])))


@given(st.integers(0, 99_999_999))
def test_any_whole_number_is_itself(value: int) -> None:
    assert _parse("petition", "persons_n", str(value), f"{value:,}")[0] == [value, value]


def test_null_tokens_are_no_value() -> None:
    texts, tokens = parse.tidy(pl.DataFrame({"a": ["无", " — ", "N/A", "", None, "有"], "b": ["x"] * 6}))
    assert texts["a"].to_list() == [None] * 5 + ["有"]
    assert tokens.to_dict(as_series=False) == {"a": [True, True, True, False, False, False]}


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("（2019）晋09民终379号", "(2019)晋09民终379号", None),  # the official form is not dirt
        ("（2019)晋09民终379号", "(2019)晋09民终379号", "d07"),
        ("〔2019〕晋09民终379号", "(2019)晋09民终379号", "d07"),
        ("A1O23\u200b4", "A10234", "d07"),
        ("00-00002158", "00-00002158", None),
        (" 371100 2 ", "3711002", "d07"),
    ],
)
def test_case_numbers(text: str, value: str, rule: str | None) -> None:
    assert _parse("court_case", "source_case_no", text) == ([value], [rule])


def test_codes_stay_text_and_damage_is_flagged_not_repaired() -> None:
    typed, rule = _parse("urban_case", "grid_code", "30.0", "4.11603E+11", "009", " 411603101 ")
    assert typed == ["30", "4.11603E+11", "009", "411603101"]
    assert rule == [None, "excel_damage", None, None]


def test_booleans_and_lists() -> None:
    assert _parse("petition", "contacted", "是", "否", "Y", "TRUE", "也许")[0] == [True, False, True, True, None]
    assert _parse("petition", "related_nos", "X1、X2；X3", None)[0] == [["X1", "X2", "X3"], None]
