"""A period is over, or to date, by one rule: on the boards, on the command line and in the models."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest

from dashboards.kit import named, periods
from pipelines.cli import show_figure
from pipelines.core.warehouse import scratch
from pipelines.trace import Window, is_over, is_to_date
from tests.conftest import ROOT

MACROS = ("portable/arithmetic.sql", "metrics/periods.sql")
LAST = dt.date(2026, 6, 30)
MONTH, YEAR_TO_DATE = Window("month", dt.date(2026, 6, 1), LAST), Window("year_to_date", dt.date(2026, 1, 1), LAST)
MOMENTS = [
    (dt.datetime(2026, 6, 30, 22, 59, 59), False), (dt.datetime(2026, 6, 30, 23, 0, 0), True),
    (dt.datetime(2026, 6, 30, 23, 59, 59), True), (dt.datetime(2026, 7, 1, 0, 0, 0), True), (dt.datetime(2026, 6, 29, 23, 30), False),
]  # fmt: skip


def macro(call: str) -> str:
    """What a macro of the dbt project writes for DuckDB."""
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - SQL, not HTML
    text = "".join((ROOT / "dbt_project" / "macros" / name).read_text(encoding="utf-8") for name in MACROS)
    dispatched = "adapter.dispatch('add_days')", "adapter.dispatch('add_seconds')"
    for one, name in zip(dispatched, ("add_days", "add_seconds"), strict=True):
        text = text.replace(one, f"default__{name}")
    return environment.from_string(f"{text}{{{{ {call} }}}}").render(**{"return": lambda found: found}).strip()


@pytest.mark.parametrize(("as_of", "over"), MOMENTS)
def test_a_day_is_over_when_its_last_hour_has_begun(as_of: dt.datetime, over: bool) -> None:
    assert is_over(LAST, as_of) is over
    assert (periods.last_complete_month(as_of) == MONTH.first) is over


@pytest.mark.parametrize("window", [MONTH, YEAR_TO_DATE], ids=str)
@pytest.mark.parametrize(("as_of", "over"), MOMENTS)
def test_boards_command_and_models_call_the_same_figures_to_date(as_of: dt.datetime, over: bool, window: Window) -> None:
    """A window that ends on a day of its own is never to date: its name says where it ends."""
    expected = window is MONTH and not over
    figure: Any = SimpleNamespace(window=window, as_of=as_of)
    assert is_to_date(window.kind, window.last, as_of) is expected
    assert (named.open_until(figure) is not None) is expected
    assert bool(show_figure._to_date(figure)) is expected
    last_day, told_by = macro("last_day_over('as_of')"), macro("is_to_date('kind', 'period_end', 'last_day')")
    with scratch() as connection:
        told = connection.execute(
            f"select {told_by} from (select {last_day} as last_day, "
            f"'{window.kind}' as kind, date '{window.last}' as period_end from (select timestamp '{as_of}' as as_of))"
        ).fetchone()
    assert told == (expected,)
