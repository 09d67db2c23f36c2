"""How a figure is said: never a judgement of a neutral one, never a verdict where chance is no model, counts for a small base."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from dashboards.kit.access import parameters_of, query_text
from dashboards.kit.filters import View
from dashboards.kit.periods import Period, last_complete_month, month_end, months_before, options, period_of, same_day_last_year
from dashboards.kit.reading import Figure, monthly
from dashboards.kit.words import LANGUAGES, Words
from pipelines.core.register import GRIDS, POPULATIONS
from pipelines.core.warehouse import scratch

DAY = dt.date(2026, 6, 30)


def figure(language: str = "en", **row: Any) -> Figure:
    full = {
        "metric_id": "M16", "name_zh": "按期结案率", "name_en": "On-time closing rate", "unit_zh": "%", "unit_en": "%",
        "decimals": 2, "direction": "higher", "family": "ratio", "scale": 100, "population": None, "min_denominator": 30,
        "period_kind": "year_to_date", "period_start": dt.date(2026, 1, 1), "period_end": DAY, "num": 737, "den": 972,
        "value": Decimal("75.8200"), "is_suppressed": False, "reason": None, "ci_low": 73.03, "ci_high": 78.41,
        "earlier_num": 600, "earlier_den": 900, "earlier_value": Decimal("66.6700"),
    }  # fmt: skip
    return Figure({**full, **row}, Words("zh" if language == "zh" else "en"))


COUNT = {
    "family": "count", "scale": 1, "decimals": 0, "unit_zh": "件", "unit_en": "events", "direction": "neutral", "den": None,
    "earlier_den": None, "ci_low": 1.0, "ci_high": 2.0,
}  # fmt: skip


def count(now: int | None, before: int | None, **row: Any) -> Figure:
    values = {"num": now, "value": now, "earlier_num": before, "earlier_value": before}
    return figure(**{**COUNT, **{k: v if v is None or k.endswith("num") else Decimal(v) for k, v in values.items()}, **row})


def test_a_share_is_said_with_interval_parts_and_points() -> None:
    said = figure()
    assert (said.value_text, said.interval_text) == ("75.82%", "95% interval 73.03 to 78.41%")
    assert said.parts_text == "737 of 972"
    assert figure(unit_zh="个/岗", unit_en="grids per post", scale=1, ci_low=None, ci_high=None).parts_text == "737 ÷ 972"
    assert (said.change_text, said.arrow, said.verdict, said.tone) == ("+9.15 pp", "▲", "more", "better")
    assert figure("zh").change_text == "+9.15个百分点"


def test_lower_is_better_where_the_register_says_so() -> None:
    assert figure(direction="lower").tone == "worse"
    assert figure(direction="neutral").tone == "shift"
    assert figure(direction="neutral").meaning_text == "more, beyond chance"


def test_a_change_within_chance_is_neither() -> None:
    said = figure(earlier_num=660, earlier_den=900, earlier_value=Decimal("73.33"))
    assert (said.verdict, said.tone, said.meaning_text) == ("chance", "", "within chance")


@pytest.mark.parametrize("row", [{"ci_low": None}, {"period_kind": "cumulative"}, {"family": "median", "ci_low": None}])
def test_no_verdict_where_chance_is_no_model(row: dict[str, Any]) -> None:
    assert figure(**row).verdict == "unknown"
    assert figure(**row).meaning_text == ""


def test_a_count_is_said_in_percent_and_a_small_base_in_counts() -> None:
    assert count(150, 100).change_text == "+50.0%"
    assert count(12, 8).change_text == "8 → 12"
    assert count(5, 0).change_text == "0 → 5"
    assert count(100, 100).change_text == "unchanged"
    residents = {"family": "ratio", "scale": 10_000, "den": 52_000, "earlier_den": 50_000}
    rate = count(8, 8, **residents, value=Decimal("1.54"), earlier_value=Decimal("1.60"))
    assert (rate.change_text, rate.arrow) == ("8 in both", ""), "only the residents differ: no fall of 8 to 8"
    assert count(150, None).change_text == ""
    assert count(150, None).earlier_text == "no figure for the same period last year"


def test_a_rate_allows_for_the_population() -> None:
    rate = {"scale": 1000, "population": "usual", "unit_zh": "起/千人", "unit_en": "per 1,000", "direction": "lower"}
    said = figure(
        num=110, den=11_000, value=Decimal("10"), earlier_num=100, earlier_den=10_000, earlier_value=Decimal("10"), **rate
    )
    assert said.change_text == "unchanged"
    assert said.parts_text == "110 cases, 11,000 residents"
    assert not said.is_share


@pytest.mark.parametrize(
    ("reason", "said"),
    [("small_cell", "Hidden to protect people: few persons or a figure that would tell of few"), ("min_denominator", "Base below 30: no rate is computed"),
     (None, "No such cases in this period")],
)  # fmt: skip
def test_no_value_says_why(reason: str | None, said: str) -> None:
    nothing = figure(value=None, reason=reason)
    assert (nothing.value_text, nothing.why_none) == ("—", said)
    assert nothing.interval_text == nothing.parts_text == nothing.change_text == ""


@pytest.mark.parametrize("query", ["overview__trends", "field__trends"])
def test_a_first_month_that_is_known_in_part_is_no_month_of_a_trend(query: str) -> None:
    """Cases of M16 were sent from 8 July on: July is no month of it, while what counts since ever keeps its month ends."""
    with scratch() as connection:
        connection.execute(
            "create schema marts; create table marts.build_info as select date '2020-01-01' as earliest; "
            "create table marts.ref_metric as select unnest(['M16', 'M30']) as metric_id; "
            "create table marts.fct_metric_begin as select 'M16' as metric_id, date '2024-07-08' as first_day; "
            "create table marts.v_metric_display as select metric_id, 'all' as slice_kind, 'all' as slice_code, 'R' as grid_code, "
            "'as_was' as basis, period_kind, make_date(2024, m, 1) as period_start, last_day(make_date(2024, m, 1)) as period_end, "
            "1 as num, 1 as den, 1.0 as value from (select unnest(['M16', 'M30']) as metric_id), "
            "(select unnest(['month', 'cumulative']) as period_kind), (select unnest([7, 8]) as m)"
        )
        asked = {
            "area": "R",
            "first": dt.date(2024, 1, 1),
            "month_end": dt.date(2024, 8, 31),
            "items": ["M16/all/all", "M30/all/all"],
        }
        sql = query_text(query)
        given = {name: asked[name] for name in parameters_of(sql)}
        rows = connection.execute(f"select metric_id, period_kind, month(period_end) from ({sql})", given).fetchall()
    assert sorted(rows) == [
        ("M16", "cumulative", 7), ("M16", "cumulative", 8), ("M16", "month", 8),
        ("M30", "cumulative", 7), ("M30", "cumulative", 8), ("M30", "month", 7), ("M30", "month", 8),
    ]  # fmt: skip


def test_a_month_without_a_row_is_zero_for_a_count_and_unknown_for_a_share() -> None:
    rows = [("M16", "month", dt.date(2026, m, 28), Decimal(7)) for m in (1, 3)]
    trends = pl.DataFrame(rows, schema=["metric_id", "period_kind", "period_end", "value"], orient="row")
    until = dt.date(2026, 4, 1)
    assert [value for _, value in monthly(trends, count(1, 1), until)] == [7.0, 0.0, 7.0, 0.0]
    assert [value for _, value in monthly(trends, figure(), until)] == [7.0, None, 7.0, None]
    assert monthly(trends, figure(metric_id="M10"), until) == []


# --- periods ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "month"),
    [
        ((2026, 6, 30, 23, 59), (2026, 6)),
        ((2026, 6, 30, 18, 0), (2026, 5)),
        ((2026, 7, 1, 0, 0), (2026, 6)),
        ((2026, 1, 5, 9, 0), (2025, 12)),
    ],
)
def test_an_open_month_is_never_offered(as_of: tuple[int, ...], month: tuple[int, int]) -> None:
    when = dt.datetime(*as_of)
    assert last_complete_month(when) == dt.date(*month, 1)
    assert options(when, dt.date(2020, 1, 1))[1] == f"{month[0]}-{month[1]:02d}"
    assert period_of(View(period="2099-01"), when).month == dt.date(*month, 1)


def test_the_year_to_date_ends_on_the_same_day_a_year_before() -> None:
    period = Period(is_year_to_date=True, today=dt.date(2024, 2, 29), month=dt.date(2024, 1, 1))
    assert period.days == (dt.date(2024, 1, 1), dt.date(2024, 2, 29))
    assert period.earlier_days == (dt.date(2023, 1, 1), dt.date(2023, 2, 28))


def test_a_month_is_compared_with_the_same_month() -> None:
    period = Period(is_year_to_date=False, today=DAY, month=dt.date(2024, 2, 1))
    assert period.days == (dt.date(2024, 2, 1), dt.date(2024, 2, 29))
    assert period.earlier_days == (dt.date(2023, 2, 1), dt.date(2023, 2, 28))


def test_months_are_counted_over_the_year() -> None:
    assert months_before(dt.date(2026, 1, 31), 1) == dt.date(2025, 12, 1)
    assert month_end(dt.date(2025, 12, 3)) == dt.date(2025, 12, 31)
    assert same_day_last_year(DAY) == dt.date(2025, 6, 30)


@pytest.mark.parametrize("population", [*POPULATIONS, GRIDS])
def test_what_a_rate_is_divided_by_has_a_name_of_its_own(population: str) -> None:
    said = {Words(language)(f"figure.of_{population}", num="1", den="2") for language in LANGUAGES}
    assert len(said) == len({Words(language)(f"areas.base_{population}") for language in LANGUAGES}) == 2
    others = {Words("zh")(f"figure.of_{other}", num="1", den="2") for other in (*POPULATIONS, GRIDS) if other != population}
    assert not said & others
