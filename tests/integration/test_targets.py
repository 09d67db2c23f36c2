"""Targets: dated, ended by the next, overridden by a person's decision from its day on, refused for what is no goal."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.core.errors import ConfigurationError
from pipelines.core.targets import decided_row
from pipelines.core.warehouse import open_published
from tests import compiling
from tests.conftest import ROOT, TinyCity

DBT = ROOT / "dbt_project"
FAR = dt.date(9999, 12, 31)


def test_the_demo_citys_targets_are_dated_and_what_is_no_goal_is_refused(tiny_city: TinyCity) -> None:
    with open_published(tiny_city.home) as build:
        rows = build.rows(
            "select metric_id, period_kind, valid_from, valid_to, target_value::double, refused_why from marts.ref_target "
            "where metric_id in ('M12', 'M03') order by 1, 3"
        )
    first, second = dt.date(2025, 1, 1), dt.date(2026, 1, 1)
    assert rows == [
        ("M03", "year", first, second, 60.0, "not_a_goal"), ("M03", "year", second, FAR, 55.0, "not_a_goal"),
        ("M12", "quarter", first, second, 85.0, None), ("M12", "quarter", second, FAR, 88.0, None),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def compiled(tiny_home: Path) -> str:
    """The SQL of ref_target as dbt compiled it."""
    return compiling.of_build(tiny_home, "ref_target")["ref_target"]


def held(compiled: str, sent: list[tuple[Any, ...]], decided: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """(value, from, to, decided) of one figure, given what was sent (value, from, to) and decided (value, from)."""
    with duckdb.connect() as database:
        database.execute(f"attach ':memory:' as {compiling.DATABASE}")
        database.execute(f"use {compiling.DATABASE}")
        for schema in ("seeds", "staging", "marts"):
            database.execute(f"create schema {schema}")
        # A whole of a level of its own: its figures are of level 0 all the same.
        database.execute("create table marts.dim_grid as select 'c' as grid_code, -1 as grid_level, true as is_current")
        database.execute("create table marts.build_info as select 'c' as root_code")
        for seed in ("ref_metric", "ref_metric_cut", "ref_metric_warning"):
            database.execute(f"create table seeds.{seed} as from read_csv('{DBT / 'seeds' / seed}.csv')")
        columns = "metric_id varchar, slice_kind varchar, slice_code varchar, area_code varchar, period_kind varchar, "
        database.execute(
            f"create table staging.stg_reference__target({columns} valid_from date, valid_to date, target_value double, "
            "set_by varchar, source_text varchar)"
        )
        database.execute(
            f"create table staging.stg_ops__target_decision({columns} valid_from date, target_value double, set_by varchar, "
            "source_text varchar, decision_id bigint)"
        )
        for value, since, until in sent:
            database.execute(
                "insert into staging.stg_reference__target values ('M16', 'all', 'all', 'c', 'month', ?, ?, ?, 'o', 'd')",
                [since, until, value],
            )
        for number, (value, since) in enumerate(decided):
            database.execute(
                "insert into staging.stg_ops__target_decision values ('M16', 'all', 'all', 'c', 'month', ?, ?, 'p', 'r', ?)",
                [since, value, number],
            )
        return database.execute(
            f"select target_value::double, valid_from, valid_to, is_decided from ({compiled}) where refused_why is null order by 2"
        ).fetchall()


def day(month: int) -> dt.date:
    return dt.date(2026, month, 1)


@pytest.mark.parametrize(
    ("sent", "decided", "expected"),
    [
        ([(90, day(1), FAR)], [], [(90, day(1), FAR, False)]),
        ([(90, day(1), FAR), (92, day(4), FAR)], [], [(90, day(1), day(4), False), (92, day(4), FAR, False)]),
        ([(90, day(1), day(3)), (92, day(4), FAR)], [], [(90, day(1), day(3), False), (92, day(4), FAR, False)]),
        ([(90, day(1), FAR), (92, day(4), FAR)], [(95, day(3))], [(90, day(1), day(3), False), (95, day(3), FAR, True)]),
        ([(90, day(1), FAR)], [(95, day(1)), (96, day(1))], [(96, day(1), FAR, True)]),
        ([], [(95, day(1)), (96, day(6))], [(95, day(1), day(6), True), (96, day(6), FAR, True)]),
    ],
)
def test_the_later_target_and_the_decision_win(
    compiled: str, sent: list[tuple[Any, ...]], decided: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]
) -> None:
    assert held(compiled, sent, decided) == expected


def decision(**content: object) -> dict[str, Any]:
    return {
        "decision_id": 7, "kind": "target", "content": json.dumps(content), "effective_from": "2026-03-01",
        "decided_by": "deputy secretary", "reason": "meeting of 1 March",
    }  # fmt: skip


def test_a_decision_says_which_figure_and_how_much() -> None:
    row = decided_row(decision(metric_id="M16", area_code="990100", period_kind="month", target_value=96))
    assert row == ("M16", "all", "all", "990100", "month", "2026-03-01", 96.0, "deputy secretary", "meeting of 1 March", 7)
    with pytest.raises(ConfigurationError, match="decision 7 on a target does not say 'target_value'"):
        decided_row(decision(metric_id="M16", area_code="990100", period_kind="month"))
