"""What a command about one figure answers to names that lead nowhere, and to figures without a value."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, get_args

import pytest

from pipelines.cli import show
from pipelines.cli.figure import PeriodOption
from pipelines.cli.show_figure import reason_words, tell_trace
from pipelines.core.errors import UsageError
from pipelines.core.register import PlannedMetric, read_planned
from pipelines.core.settings import PROJECT_ROOT
from pipelines.core.warehouse import PublishedBuild, scratch
from pipelines.reports.reconcile import readings
from pipelines.trace import FigureName, trace
from pipelines.tracing import definitions
from pipelines.tracing.definitions import definition_of
from pipelines.tracing.naming import ANCHORED, window_of
from tests.unit.test_tracing import ASKED, ENTRY, M16, NEW, Build


@pytest.mark.parametrize(("language", "said"), [("en", "declared and not built"), ("zh", "尚未建成")])
def test_a_declared_metric_says_why_it_is_not_built(monkeypatch: pytest.MonkeyPatch, language: str, said: str) -> None:
    monkeypatch.setenv("CITYBRAIN_LANG", language)
    planned = [PlannedMetric("M99", "某指标", "some metric", "缺少数据", "its feed is not there yet"), *read_planned()]
    monkeypatch.setattr(definitions, "read_planned", lambda: planned)
    with scratch() as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.ref_metric (metric_id varchar, name_zh varchar, name_en varchar)")
        build = PublishedBuild("b", "2026-06-30", connection)
        for metric in planned:
            with pytest.raises(UsageError) as caught:
                definition_of(build, metric.id.lower())
            assert said in caught.value.what
            assert (metric.reason_zh if language == "zh" else metric.reason_en) in caught.value.what


# ---- Periods ------------------------------------------------------------------------------------------------------


def test_every_period_word_stands_in_the_help_the_manual_and_the_error() -> None:
    with pytest.raises(UsageError) as caught:
        window_of("soon", as_of=NEW.date(), earliest=NEW.date())
    manual = (PROJECT_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for word in [*ANCHORED, "festival-"]:
        assert word in str(get_args(PeriodOption)[1].help)
        assert f"`{word}" in manual
        assert word in caught.value.remedy


@pytest.fixture
def festivals() -> Iterator[PublishedBuild]:
    """A planted build with two years, one of them told twice, and the weeks around two festivals."""
    with scratch() as connection:
        build = Build(NEW)
        build.entries["M16"] = {**ENTRY, "periods": ["year", "spring_festival", "cumulative"]}
        build.plant(connection, "marts")
        for kind, first, last in (
            ("year", "2026-01-01", "2026-12-31"), ("year", "2025-01-01", "2025-12-31"),
            ("spring_festival", "2026-01-27", "2026-03-09"), ("spring_festival", "2025-01-08", "2025-02-18"),
            ("cumulative", "2020-01-01", "2026-06-21"), ("cumulative", "2024-01-01", "2026-06-21"),
        ):  # fmt: skip
            connection.execute(
                "insert into marts.fct_metric_value values ('M16', 'all', 'all', '37', ?, ?, ?, 'as_was', 1, 2, null, false, null)",
                [kind, first, last],
            )
        yield PublishedBuild("b", str(NEW), connection)


@pytest.mark.parametrize(
    ("period", "remedy"),
    [
        ("2027", "it has 2026, 2025"),
        ("festival-2024-02-01..2024-03-01", "it has festival-2026-01-27..2026-03-09, festival-2025-01-08..2025-02-18"),
        ("festival-2026-01-28..2026-03-09", "it has festival-2026-01-27..2026-03-09, festival-2025-01-08..2025-02-18"),
        ("cumulative-2026-06-20", "it has cumulative-2026-06-21"),
    ],
)
def test_a_period_the_build_has_not_is_answered_with_those_it_has(festivals: PublishedBuild, period: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        trace(festivals, replace(ASKED, period=period))
    assert caught.value.remedy.endswith(remedy)


def test_the_festival_of_the_build_is_found(festivals: PublishedBuild) -> None:
    assert trace(festivals, replace(ASKED, period="festival-2026-01-27..2026-03-09")).figure.num == 1


def test_a_stock_is_told_of_the_days_it_is_published_of() -> None:
    """Its own day, and the day that a change compares it with; no other."""
    with scratch() as connection:
        build = Build(NEW)
        build.entries["M30"] = {
            **ENTRY, "id": "M30", "family": "stock", "cohort": "at_as_of", "time": "reported_at", "sql": "metric_sql__areas",
            "slices": ["all"], "periods": ["day"],
        }  # fmt: skip
        build.plant(connection, "marts")
        for day, number in (("2026-06-21", 5), ("2025-06-21", 4)):
            connection.execute(
                "insert into marts.fct_metric_value values ('M30', 'all', 'all', '37', 'day', ?, ?, 'as_was', ?, null, null, false, null)",
                [day, day, number],
            )
        made = PublishedBuild("b", str(NEW), connection)
        told = {day: trace(made, FigureName("M30", "37", day)).figure.num for day in ("as_of", "2025-06-21")}
        assert told == {"as_of": 5, "2025-06-21": 4}
        with pytest.raises(UsageError) as caught:
            trace(made, FigureName("M30", "37", "2026-05-21"))
        assert "as_of" in caught.value.remedy


# ---- Changes without a value --------------------------------------------------------------------------------------

CHANGE = {**ENTRY, "id": "M16y", "family": "change", "of": "M16", "slices": ["all"], "periods": ["month"]}


@pytest.fixture
def changes() -> Iterator[Any]:
    """A planted build whose first case is of May 2025: months from June 2026 on are compared, May 2026 is not."""
    with scratch() as connection:
        build = Build(NEW.replace(month=7))
        build.entries["M16y"] = CHANGE
        build.figures = {M16: (1, 2, None)}
        build.plant(connection, "marts")
        run = connection.execute
        run("create table marts.bridge_period_before (against varchar, period_kind varchar, period_start date, period_end date, "
            "before_start date, before_end date)")  # fmt: skip
        for month, days in ((4, 30), (6, 30)):
            run("insert into marts.bridge_period_before values ('year_before', 'month', ?, ?, ?, ?)",
                [dt.date(year, month, day) for year, day in ((2026, 1), (2026, days), (2025, 1), (2025, days))])  # fmt: skip
        yield PublishedBuild("b", str(NEW), connection)


@pytest.mark.parametrize(
    ("period", "reason", "numbers"),
    [
        ("2026-04", "no_period_before", (None, None)),
        ("2026-05", "no_period_before", (None, None)),
        ("2026-06", "no_base", (0, 0)),
        ("2026-07", "not_over", (None, None)),
    ],
)
def test_a_change_without_a_row_says_what_it_lacks(
    changes: PublishedBuild, period: str, reason: str, numbers: tuple[int | None, int | None]
) -> None:
    found = trace(changes, replace(ASKED, metric_id="M16y", period=period))
    assert (found.figure.reason, (found.figure.num, found.figure.den)) == (reason, numbers)
    assert found.agrees
    with show.console.capture() as caught:
        tell_trace(found, [], None)
    said = caught.get()
    assert reason_words()[reason] in said
    assert ("numerator" in said) is (reason == "no_base")
    assert ("2025-06" in said) is (reason == "no_base"), "a period that is not in the data is not to be traced"
    assert "file" not in said, "a table without rows"


def test_a_figure_of_cases_without_a_row_counts_none(changes: PublishedBuild) -> None:
    found = trace(changes, FigureName("M16", "37", "2026-05"))
    assert (found.figure.num, found.figure.reason) == (0, "no_cases")


def test_a_period_of_before_the_data_is_not_known_to_have_none(changes: PublishedBuild) -> None:
    known, unknown, first = (FigureName("M16", "37", period) for period in ("2025-06", "2025-04", "2025-W19"))
    assert trace(changes, known).figure.num == trace(changes, first).figure.num == 0
    found = trace(changes, unknown)
    assert (found.figure.num, found.figure.den, found.figure.reason, found.agrees) == (None, None, "before_data", True)
    assert not readings(changes, unknown, Decimal(0), 0), "no documented definition knows anything of it"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_reason_of_the_boards_has_words_here(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("CITYBRAIN_LANG", language)
    with (PROJECT_ROOT / "dashboards" / "words" / "shared.csv").open(encoding="utf-8-sig", newline="") as stream:
        keys = [row[0].removeprefix("reason.") for row in csv.reader(stream) if row and row[0].startswith("reason.")]
    assert {"no_base", "festival_months"} <= set(keys)
    assert set(keys) - {"none"} <= set(reason_words())
