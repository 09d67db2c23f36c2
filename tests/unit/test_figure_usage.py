"""What stands beside a figure: warnings name whom they concern, a change says its kind, small bases stay counts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dashboards.boards.figure_usage import change, warnings
from dashboards.kit.words import Words
from pipelines.core.register import ADJUST, AGAINST

ID = "M06y/990100/2026-05/as_was@20260630_0"
PAIR = {"warning": "do_not_divide", "name_zh": "不得相除", "name_en": "Never one divided by the other"}
ROWS = [
    {**PAIR, "other_zh": "纠纷调解量", "other_en": "Mediations accepted"},
    {**PAIR, "other_zh": "信访总量", "other_en": "Petition matters"},
    {"warning": "never_rank", "name_zh": "不排名", "name_en": "Never ranked", "other_zh": None, "other_en": None},
]
CHANGE = {
    "metric_id": "M06y", "name_zh": "同比", "name_en": "Change", "against": "year_before", "adjust": "none", "decimals": 1,
    "caveat_zh": "基数小于20时以件数为准", "caveat_en": "Below a base of 20 read the counts",
    "num": 120, "den": 100, "value": Decimal("20.0000"), "reason": None, "is_small_base": False,
    "period_kind": "month", "period_start": dt.date(2026, 5, 1), "period_end": dt.date(2026, 5, 31),
}  # fmt: skip


def said(language: str = "en", **row: Any) -> str:
    board = SimpleNamespace(words=Words("zh" if language == "zh" else "en"), source=SimpleNamespace(build_id="20260630_0"))
    return change(cast("Any", board), {**CHANGE, **row}, "990100").text


def test_a_pair_is_one_sentence_that_names_the_others() -> None:
    assert warnings(Words("en"), ROWS) == [
        "Never one divided by the other (Mediations accepted, Petition matters)",
        "Never ranked",
    ]
    assert warnings(Words("zh"), ROWS) == ["不得相除：纠纷调解量、信访总量", "不排名"]
    assert warnings(Words("en"), []) == []


def test_a_change_says_its_kind_and_its_size() -> None:
    assert f'同比 <b data-figure="{ID}">+20.0%</b>' in said("zh")
    assert "by working days <b" in said(adjust="workdays")
    assert ">−3.5%</b>" in said(adjust="workdays", value=Decimal("-3.4600"))
    assert "环比 " in said("zh", against="month_before")
    assert 'title="Below a base of 20 read the counts"' in said()


def test_beside_a_rate_a_change_says_that_it_is_of_the_cases() -> None:
    board = SimpleNamespace(words=Words("zh"), source=SimpleNamespace(build_id="20260630_0"))
    assert "件数：同比 <b" in change(cast("Any", board), CHANGE, "990100", of_cases=True).text
    assert "件数" not in said("zh").split("title=")[0]


def test_a_small_base_is_counts_and_none_has_a_reason() -> None:
    assert f'<b data-parts="{ID}">8 → 9</b>' in said(is_small_base=True, num=9, den=8, value=Decimal("12.5"))
    assert "The earlier period has 0" in said(value=None, reason="no_base")
    assert "Spring Festival" in said(value=None, reason="festival_months")


@pytest.mark.parametrize("against", AGAINST)
@pytest.mark.parametrize("adjust", ADJUST)
def test_every_kind_of_change_has_words(against: str, adjust: str) -> None:
    assert Words("zh").has(f"usage.{against}.{adjust}")
