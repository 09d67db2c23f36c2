"""Every date form of the dirt catalogue, and the impossible ones."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from pipelines.cleaning import parse_time

MORNING = dt.datetime(2022, 8, 3, 8, 5)
MIDNIGHT = dt.datetime(2022, 8, 3)
FORMS = [
    ("2022-08-03 08:05:00", MORNING, None, "minute"),
    ("2022-08-03 08:05", MORNING, "no_seconds", "minute"),
    ("2022-08-03T08:05:00.000", MORNING, None, "minute"),
    ("2022-08-03", MIDNIGHT, None, "day"),
    ("2022年8月3日", MIDNIGHT, "cn_date", "day"),
    ("2022年8月3日 8时5分", MORNING, "cn_date", "minute"),
    ("2022/8/3 8:05", MORNING, "slash", "minute"),
    ("2022.8.3", MIDNIGHT, "slash", "day"),
    ("44776", MIDNIGHT, "excel_serial", "day"),
    ("20220803080500", MORNING, "compact14", "minute"),
    ("20220803", MIDNIGHT, "compact8", "day"),
    ("二〇二二年八月三日", MIDNIGHT, "cn_numeral", "day"),
    ("二〇二二年", dt.datetime(2022, 1, 1), "cn_numeral", "year"),
    ("2022年8月", dt.datetime(2022, 8, 1), "cn_date", "month"),
    ("2022-08-03 08:05 PM", MORNING.replace(hour=20), "h12", "minute"),
    ("2022/8/3 下午3:05", MORNING.replace(hour=15), "h12", "minute"),
    ("2022-08-03 12:05 AM", MORNING.replace(hour=0), "h12", "minute"),
    ("2022-08-03T00:05:00Z", MORNING, "iso_offset", "minute"),
]


def _one(text: str, *forms: str) -> dict[str, object]:
    return parse_time.parse(pl.Series([text]), forms=forms, zone="Asia/Shanghai").to_dicts()[0]


@pytest.mark.parametrize(("text", "value", "rule", "precision"), FORMS)
def test_reads_form(text: str, value: dt.datetime, rule: str | None, precision: str) -> None:
    assert _one(text) == {"value": value, "rule": rule, "precision": precision}


def test_reads_all_forms_in_one_column_as_alone() -> None:
    texts = pl.Series([form[0] for form in FORMS] * 3)
    together = parse_time.parse(texts, forms=(), zone="Asia/Shanghai")
    assert together["value"].to_list() == [form[1] for form in FORMS] * 3


@pytest.mark.parametrize("text", ["2022-02-31", "2022-13-01", "abc", "8/3/2022", "2022", "25:00", "2022-08-03 25:00:00"])
def test_reads_nothing_into_what_is_no_date(text: str) -> None:
    assert _one(text)["value"] is None


def test_year_only_and_roc_years_need_the_binding_to_say_so() -> None:
    assert _one("2011", "%Y") == {"value": dt.datetime(2011, 1, 1), "rule": None, "precision": "year"}
    assert _one("1040101", "roc:%Y%m%d") == {"value": dt.datetime(2015, 1, 1), "rule": None, "precision": "day"}


def test_stays_null_where_there_is_no_text() -> None:
    parsed = parse_time.parse(pl.Series([None, "2022-08-03"], dtype=pl.String), forms=(), zone="Asia/Shanghai")
    assert parsed["value"].to_list() == [None, MIDNIGHT]
