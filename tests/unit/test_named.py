"""A figure on a board and its permanent id are the same thing; what an address asks for becomes an id."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

from dashboards.kit import named
from dashboards.kit.filters import View, from_params
from dashboards.kit.markup import Column, html, table
from dashboards.kit.menu import BOARDS, MENU
from dashboards.kit.reading import Figure
from dashboards.kit.words import Words
from pipelines.trace import Window, parse_name

AS_OF = dt.datetime(2026, 6, 30, 23, 59, 59)
ROOT = Path(__file__).resolve().parents[2]


def board(role: str = "", **view: str) -> Any:
    reader = SimpleNamespace(role=role)
    source = SimpleNamespace(build_id="20260630_91c5567847", as_of=AS_OF, reader=reader)
    return cast("Any", SimpleNamespace(source=source, view=View(**cast("Any", view)), words=Words("zh")))


def figure(row: dict[str, Any]) -> Figure:
    shared = {"value": Decimal("77.35"), "decimals": 2, "unit_zh": "%", "unit_en": "%", "family": "ratio", "reason": None}
    return Figure(shared | row, Words("zh"))


ROWS = [
    ("month", dt.date(2026, 5, 1), dt.date(2026, 5, 31), "2026-05"),
    ("year_to_date", dt.date(2026, 1, 1), dt.date(2026, 6, 30), "ytd-2026-06-30"),
    ("cumulative", dt.date(2020, 1, 1), dt.date(2026, 6, 30), "cumulative-2026-06-30"),
    ("day", dt.date(2026, 6, 30), dt.date(2026, 6, 30), "2026-06-30"),
    ("week", dt.date(2026, 6, 22), dt.date(2026, 6, 28), "2026-W26"),
]


@pytest.mark.parametrize(("kind", "first", "last", "text"), ROWS)
def test_a_shown_figure_has_its_id(kind: str, first: dt.date, last: dt.date, text: str) -> None:
    row = {"metric_id": "M16", "period_kind": kind, "period_start": first, "period_end": last}
    name = named.id_of(board(), {**row, "slice_kind": "category", "slice_code": "3101"}, "990102")
    assert name == f"M16~category=3101/990102/{text}/as_was@20260630_91c5567847"
    assert str(parse_name(name)) == name
    assert str(Window(kind, first, last)) == text


def test_a_link_opens_the_figure_in_explain_and_a_role_without_it_gets_the_number_alone() -> None:
    row = {"metric_id": "M16", "period_kind": "month", "period_start": dt.date(2026, 5, 1), "period_end": dt.date(2026, 5, 31)}
    link = named.Shown(board(), figure(row), "990102").value()
    assert link.figure == "M16/990102/2026-05/as_was@20260630_91c5567847"
    text = html(link.content)
    assert 'href="./explain?' in text
    assert "M16%2F990102%2F2026-05%2Fas_was%4020260630_91c5567847" in text
    assert html(named.Shown(board(role="clerk"), figure(row), "990102").value().content) == "<span><b>77.35%</b></span>"
    assert "clerk" not in MENU["explain"].roles
    assert BOARDS[named.EXPLAIN]


def test_cells_say_which_figure_they_are_of() -> None:
    row = {"metric_id": "M16", "period_kind": "month", "period_start": dt.date(2026, 5, 1), "period_end": dt.date(2026, 5, 31)}
    shown = named.Shown(board(), figure(row | {"earlier_value": Decimal(70)}), "990102", "restated")
    line = [shown.value(), shown.parts("3 / 4"), shown.parts("—"), shown.interval("1 – 2"), shown.earlier()]
    text = table([Column("")] * len(line), [line]).text
    now, before = (f"M16/990102/{month}/restated@20260630_91c5567847" for month in ("2026-05", "2025-05"))
    assert re.findall(r'<td (data-\w+)="([^"]+)"', text) == [
        ("data-figure", now), ("data-parts", now), ("data-interval", now), ("data-figure", before),
    ]  # fmt: skip
    week = {**row, "period_kind": "week", "period_start": dt.date(2026, 5, 25), "period_end": dt.date(2026, 5, 31)}
    spans = named.FigureId("M16", "week", dt.date(2025, 5, 26), dt.date(2025, 6, 1))
    other = named.Shown(board(), figure(week | {"earlier_value": Decimal(70)}), "990102", before=spans)
    assert other.earlier().figure == "M16/990102/2025-W22/as_was@20260630_91c5567847"


def test_a_hidden_figure_has_its_id_and_no_number_and_one_without_a_period_has_no_id() -> None:
    row = {"metric_id": "M16", "period_kind": "month", "period_start": dt.date(2026, 5, 1), "period_end": dt.date(2026, 5, 31)}
    hidden = named.Shown(board(), figure(row | {"value": None, "reason": "small_denominator"}), "990102").value()
    assert hidden.figure
    assert "77" not in html(hidden.content)
    assert named.Shown(board(), figure({"metric_id": "M16", "value": None}), "990102").value().figure == ""


def test_the_id_says_which_build_a_page_reads() -> None:
    assert (
        from_params({"id": "M16/990102/2026-05@20260630_91c5567847", "build": "20260101_0"}).build_read == "20260630_91c5567847"
    )
    assert from_params({"id": "M16/990102/2026-05", "build": "20260101_0"}).build_read == "20260101_0"
    assert from_params({"id": "M16/990102/2026-05@../x"}).build_read == ""


@pytest.mark.parametrize(
    ("period", "own", "text"),
    [
        ("ytd", ("month", "year_to_date"), "ytd"), ("2026-04", ("month", "year_to_date"), "2026-04"),
        ("2026-06", ("month",), "2026-06"), ("2026-04", ("cumulative",), "cumulative"), ("ytd", ("day",), "as_of"),
        ("ytd", ("month",), "2026-06"),
    ],
)  # fmt: skip
def test_a_period_that_a_metric_has_not_gives_way(period: str, own: tuple[str, ...], text: str) -> None:
    assert named.period_for(View(period=period), own, AS_OF) == text


def test_who_answers_for_figures_is_said_as_the_models_say_it() -> None:
    project = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["models"]["citybrain"]["marts"]["figures"]["+meta"]["owner"] == Words("en")("explain.owner_desk")


def traced(kind: str, first: str, last: str, as_of: dt.datetime = AS_OF) -> Any:
    """A figure that trace found: 12 events."""
    names = {"name_zh": "事件总量", "name_en": "Events", "unit_zh": "件", "unit_en": "events", "caveat_zh": "", "caveat_en": ""}
    metric = SimpleNamespace(
        id="V01", **names, decimals=0, direction="neutral", family="count", scale=1, population="", min_denominator=0
    )
    window = Window(kind, dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    return SimpleNamespace(
        metric=metric, window=window, as_of=as_of, value_text="12", num=12, den=None, stat_value=None, is_hidden=False, reason="",
        ci_low=None, ci_high=None,
    )  # fmt: skip


SUNDAY = dt.datetime(2026, 6, 28, 10)


@pytest.mark.parametrize(
    ("kind", "first", "last", "as_of", "zh", "en"),
    [
        ("year", "2026-01-01", "2026-12-31", AS_OF, "2026年1月1日至6月30日（截至统计时点，本期未结束）",
         "1 January to 30 June 2026 (to date, not over)"),
        ("week", "2026-06-29", "2026-07-05", AS_OF, "2026年6月29日至6月30日（截至统计时点，本期未结束）",
         "29 June to 30 June 2026 (to date, not over)"),
        ("month", "2026-06-01", "2026-06-30", SUNDAY, "2026年6月1日至6月28日（截至统计时点，本期未结束）",
         "1 June to 28 June 2026 (to date, not over)"),
        ("week", "2026-06-22", "2026-06-28", SUNDAY, "2026年6月22日至6月28日（截至统计时点，本期未结束）",
         "22 June to 28 June 2026 (to date, not over)"),
        ("month", "2026-06-01", "2026-06-30", AS_OF, "2026年6月", "June 2026"),
        ("quarter", "2026-01-01", "2026-03-31", SUNDAY, "2026年1月1日至3月31日", "1 January to 31 March 2026"),
        ("year_to_date", "2026-01-01", "2026-06-28", SUNDAY, "2026年1月1日至6月28日", "1 January to 28 June 2026"),
        ("day", "2026-06-28", "2026-06-28", SUNDAY, "截至2026年6月28日", "at 28 June 2026"),
    ],
)  # fmt: skip
def test_a_period_that_is_not_over_is_said_to_date(
    kind: str, first: str, last: str, as_of: dt.datetime, zh: str, en: str
) -> None:
    for language, said in (("zh", zh), ("en", en)):
        asked = SimpleNamespace(words=Words(cast("Any", language)))
        assert named.reading_of(cast("Any", asked), traced(kind, first, last, as_of)).period_text == said
