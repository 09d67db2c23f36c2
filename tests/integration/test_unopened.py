"""Homicide and sexual offences: numbers of the whole city by months and longer, and no single case, for every reader."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from dashboards.kit import unopened
from dashboards.kit.access import Reader
from dashboards.kit.data import Source, open_source
from pipelines.trace import case_query


@pytest.fixture(params=[Reader(), Reader(role="leader"), Reader(areas=("990102",))], ids=["all", "leader", "district"])
def source(request: pytest.FixtureRequest, tiny_home: Path) -> Source:
    return open_source(tiny_home, request.param)


def test_their_figures_are_the_citys_by_months_and_longer(source: Source) -> None:
    codes = unopened.categories()
    assert codes == ("1001", "1004")
    rows = source.ask_sql(
        "select distinct grid_code, period_kind from marts.v_metric_display where slice_kind = 'category' "
        "and slice_code in (select unnest($codes)) order by all", codes=codes,
    ).rows()  # fmt: skip
    assert {area for area, _ in rows} <= {"990100"}
    assert {kind for _, kind in rows} <= set(unopened.MONTHS_AND_LONGER)
    assert rows or source.reader.areas, "the city's own are there"


def test_what_is_not_opened_is_counted_and_not_listed(tiny_home: Path) -> None:
    """Shown with the commonest category: the small city of the tests has no homicide."""
    source = open_source(tiny_home, Reader())
    where: dict[str, Any] = {"area": "990100", "root": "990100", "first": dt.date(2024, 1, 1), "last": source.as_of.date()}
    everything = source.ask_sql(case_query("M02", "year").list_sql, **where, most=5_000, skip=0)["category_code"]
    common, common_n = everything.value_counts(sort=True).row(0)
    query = case_query("M02", "year", without=(common,))
    counted = source.ask_sql(query.count_sql, **where).row(0, named=True)
    listed = source.ask_sql(query.list_sql, **where, most=5_000, skip=0)["category_code"]
    assert counted["cases_n"] == len(everything)
    assert counted["unlisted_n"] == common_n > 0
    assert sorted(listed) == sorted(code for code in everything if code != common)
